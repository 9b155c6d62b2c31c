import { createHash } from 'node:crypto';
import pg from 'pg';
import { onGrown, type Grown } from './growth-stage.ts';
import { interleaved, median, memory, rounded } from './measure.ts';
import type { Bench } from './result.ts';
import { say } from './stage.ts';

const FORMS = { quick: { bookings: 100_000, pairs: 3 }, full: { bookings: 1_000_000, pairs: 3 } };
const GOAL = 0.5;
const MOST_GROWTH_MB = 67; // 64 MiB

/** All bookings to CSV over HTTP, and beside it COPY of the same columns by the same role. */
export const exports: Bench = async ({ quick }) => {
  const { bookings, pairs } = quick ? FORMS.quick : FORMS.full;
  const { files, copies, growthMb } = await onGrown([bookings], async ([stage]) => {
    if (stage === undefined) throw new Error('there is no stage');
    await take(stage, '?state=noShow'); // warms up
    const before = await memory(stage.pid);
    const { a, b } = await interleaved(
      pairs,
      () => take(stage),
      () => copy(stage),
    );
    const after = await memory(stage.pid);
    return { files: a, copies: b, growthMb: (after?.peakMb ?? NaN) - (before?.rssMb ?? NaN) };
  });
  const ratios = files.map(({ ms }, pair) => (copies[pair] ?? NaN) / ms);
  return {
    bench: 'export',
    ratio: rounded(median(ratios)),
    unit: 'of COPY',
    ok: files.every(({ rows, isWhole }) => isWhole && rows === bookings) && !(growthMb > MOST_GROWTH_MB),
    goal: GOAL,
    ratios: ratios.map(rounded),
    bookings,
    rowsPerSecond: rounded(median(files.map(({ rows, ms }) => rows / (ms / 1_000)))),
    growthMb: rounded(growthMb),
  };
};

async function take({ url, base, key }: Grown, query = '') {
  const begun = performance.now();
  const headers = { authorization: `Bearer ${key}`, 'accept-encoding': 'identity' };
  const answer = await fetch(`${url}${base}/bookings/export${query}`, { headers });
  if (!answer.ok || answer.body === null) throw new Error(`no export: ${answer.status}`);
  const hash = createHash('sha256');
  let rest = Buffer.alloc(0);
  for await (const bytes of answer.body) {
    const known = Buffer.concat([rest, bytes]);
    const kept = Math.max(0, known.length - LONGEST_LAST_LINE);
    hash.update(known.subarray(0, kept));
    rest = known.subarray(kept);
  }
  const at = rest.lastIndexOf('# rows=');
  const [, rows, sha256] = /^# rows=(\d+) sha256=(\w+)\r\n$/.exec(rest.subarray(at).toString()) ?? [];
  const isWhole = hash.update(rest.subarray(0, at)).digest('hex') === sha256;
  const ms = performance.now() - begun;
  say(`export ${rows} rows in ${ms.toFixed(0)} ms`);
  return { ms, rows: Number(rows), isWhole };
}

const LONGEST_LAST_LINE = 100;

async function copy({ servingUrl, tenant }: Grown): Promise<number> {
  const client = new pg.Client({ connectionString: servingUrl });
  await client.connect();
  try {
    await client.query(`begin; set local statement_timeout = 0; select engine.set_tenant('${tenant}')`);
    const begun = performance.now();
    await client.query(`copy (
      select b.id, b.reference, b.state, b.created_at, b.expires_at, b.checked_in_at, b.client_id, b.currency,
        b.total_minor, b.version, b.note, (
          select json_agg(json_build_object('no', l.line_no, 'kind', l.kind, 'details', l.details,
            'quantity', l.quantity, 'unitPriceMinor', l.unit_minor, 'totalMinor', l.total_minor,
            'checkedInAt', l.checked_in_at, 'cancelledAt', l.cancelled_at) order by l.line_no)
          from engine.booking_line l where l.tenant_id = b.tenant_id and l.booking_id = b.id) as lines
      from engine.booking b where b.tenant_id = '${tenant}' order by b.id) to stdout (format csv, header)`);
    const ms = performance.now() - begun;
    say(`copy in ${ms.toFixed(0)} ms`);
    return ms;
  } finally {
    await client.end();
  }
}
