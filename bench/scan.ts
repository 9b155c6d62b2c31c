import { openClient, type Call } from '../src/cli/client.ts';
import { inParallel } from '../src/cli/in-parallel.ts';
import { percentile } from '../src/cli/percentile.ts';
import { rounded } from './measure.ts';
import type { Bench } from './result.ts';
import { onStage, say } from './stage.ts';
import type { Place } from './traffic.ts';

const FORMS = { quick: { bookings: 400 }, full: { bookings: 10_000 } };
const PLACES = 2;
const BOUGHT_AT_ONCE = 16;
/** Scanners at the doors of a hall, each with a connection of its own. */
const DOORS = 8;
/** Tickets let in per second. */
const GOAL = 50;

/** Every ticket of an event is scanned once at one of the doors; each is another, and two are of one booking. */
export const scan: Bench = async ({ quick }) => {
  const { bookings } = quick ? FORMS.quick : FORMS.full;
  const { took, seconds, letIn } = await onStage({ places: 1 }, async ({ holdfast, base, key, places }) => {
    const tenant = base.split('/').at(-1) ?? '';
    const { call, close } = openClient({ url: holdfast.url, tenant, key, connections: BOUGHT_AT_ONCE });
    const [place] = places;
    if (place === undefined) throw new Error('there is no place');
    const tokens = await ticketsFor(call, place, bookings);
    say(`${tokens.length} tickets`);
    const scanned = await scanAll(call, place.eventId, tokens);
    close();
    return scanned;
  });
  const rate = letIn / seconds;
  say(`${letIn} scans in ${seconds.toFixed(1)} s`);
  return {
    bench: 'scan',
    ratio: rounded(rate / GOAL),
    unit: `of ${GOAL} scans/s`,
    ok: letIn === bookings * PLACES,
    goal: 1,
    scansPerSecond: rounded(rate),
    doors: DOORS,
    p50: rounded(percentile(took, 0.5) ?? NaN),
    p95: rounded(percentile(took, 0.95) ?? NaN),
    p99: rounded(percentile(took, 0.99) ?? NaN),
  };
};

async function ticketsFor(call: Call, place: Place, bookings: number): Promise<string[]> {
  const tokens: string[] = [];
  const ask = async <T>(method: 'GET' | 'POST', path: string, body?: object) => {
    const answer = await call(method, path, body);
    if (answer.status >= 300) throw new Error(`no tickets: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  };
  await inParallel([...Array(bookings).keys()], BOUGHT_AT_ONCE, async () => {
    const line = { kind: 'admission', ...place, quantity: PLACES };
    const { id } = await ask<{ id: string }>('POST', '/holds', { lines: [line] });
    await ask('POST', `/bookings/${id}/confirm`, {});
    const { data } = await ask<{ data: { token: string }[] }>('GET', `/bookings/${id}/tickets`);
    tokens.push(...data.map(({ token }) => token));
  });
  return tokens;
}

async function scanAll(call: Call, eventId: string, tokens: readonly string[]) {
  const took: number[] = [];
  let letIn = 0;
  const begun = performance.now();
  await inParallel(tokens, DOORS, async (token) => {
    const sent = performance.now();
    const { status } = await call('POST', `/events/${eventId}/check-in`, { token, device: 'door' });
    took.push(performance.now() - sent);
    if (status === 200) letIn += 1;
  });
  return { took, letIn, seconds: (performance.now() - begun) / 1_000 };
}
