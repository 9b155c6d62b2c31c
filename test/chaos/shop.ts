import { randomUUID } from 'node:crypto';
import { patient, refusedBy, type Call } from '../../src/cli/client.ts';
import { anyOf, type Server } from './servers.ts';
import { Wares } from './wares.ts';

/** How much a shop sells of each kind. */
export interface Range {
  rooms: number;
  /** Half hours of each room. */
  slots: number;
  seats: number;
  standing: number;
}

const PATIENCE_MS = 30_000;

/** New rooms and a new event, made over HTTP by an organiser who is as patient as the customers. */
export async function openShop(servers: readonly Server[], range: Range): Promise<Wares> {
  const post = await organiser(servers);
  const rooms: string[] = [];
  for (let i = 0; i < range.rooms; i++)
    rooms.push(idOf(await post('/rooms', { name: `Room ${randomUUID()}`, building: 'B', capacity: 10 })));
  const event = range.seats + range.standing > 0 ? await openEvent(post, servers, range) : undefined;
  return new Wares({ rooms, slots: range.slots, ...(event && { event }) });
}

/** An event with one seated section and one standing one, as far as there are places of them. */
export interface Hall extends Pick<Range, 'seats' | 'standing'> {
  /** Rows of the seated section, all alike. */
  rows?: number;
  orphanRule?: 'on' | 'off';
}

type Post = (path: string, body: object) => Promise<Record<string, unknown>>;

export async function organiser(servers: readonly Server[]): Promise<Post> {
  const call = patientAt(servers);
  return async (path, body) => {
    const answer = await call('POST', path, body, randomUUID());
    if (answer.status >= 300) throw refusedBy(answer, `POST ${path}`);
    return answer.body as Record<string, unknown>;
  };
}

export async function openEvent(
  post: Post,
  servers: readonly Server[],
  { seats, standing, rows = 1, orphanRule = 'off' }: Hall,
) {
  const layout = Array.from({ length: rows }, (_, i) => ({ name: `${i + 1}`, seats: seats / rows }));
  const sections = [
    ...(seats > 0 ? [{ name: 'Stalls', kind: 'seated', rows: layout }] : []),
    ...(standing > 0 ? [{ name: 'Floor', kind: 'standing', capacity: standing }] : []),
  ];
  const venueId = idOf(await post('/venues', { name: `Hall ${randomUUID()}`, sections }));
  const prices = sections.map(({ name }) => ({ section: name, amountMinor: 1_000 }));
  const startsAt = '2030-05-06T18:00:00Z';
  const made = await post('/events', { name: 'Concert', venueId, startsAt, prices, orphanRule });
  const id = idOf(made);
  await post(`/events/${id}/publish`, {});
  const inventory = (await patientAt(servers)('GET', `/events/${id}/inventory?seats=true`)).body as {
    seats: { id: string }[];
  };
  const floor = (made['prices'] as { section: string; sectionId: string }[]).find(
    ({ section }) => section === 'Floor',
  );
  return {
    id,
    seats: inventory.seats.map((seat) => seat.id),
    ...(floor && { section: { id: floor.sectionId, places: standing } }),
  };
}

export function patientAt(servers: readonly Server[]): Call {
  return patient(async (...request) => (await anyOf(servers, Date.now() + PATIENCE_MS)).call(...request));
}

function idOf(made: Record<string, unknown>): string {
  return String(made['id']);
}
