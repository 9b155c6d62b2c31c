import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admission, BoxOffice, faults, seatLine, type OnSale } from '../../../test/box-office.ts';

let office: BoxOffice;
before(async () => {
  office = await BoxOffice.open();
});
after(() => office.close());

type By = 'admin' | 'client' | 'other' | 'public';
const members = { name: 'Members', amountMinor: 500, hidden: true, accessCodes: ['Rose Bud', 'TULIP'] };

/** The floor has a price and a tier that all see, the stalls are sold to members only. */
function event(given: object = {}): Promise<OnSale> {
  return office.event({
    prices: [{ section: 'Floor', amountMinor: 1_000 }],
    groups: [{ name: 'Secret', capacity: 30 }],
    tiers: [
      { name: 'Child', amountMinor: 700, sections: ['Floor'] },
      { ...members, sections: ['Floor', 'Stalls'], group: 'Secret', ...given },
    ],
  });
}

const hold = (line: object, accessCode?: string, by: By = 'client') =>
  office.ask('POST', '/holds', { by, body: { lines: [line], accessCode } });
const tier = (of: OnSale, name: string, quantity = 1) => ({
  ...admission(of, 'Floor', quantity),
  tier: name,
});
const bare = ({ status, body }: { status: number; body: Record<string, unknown> }) => {
  const { requestId: _, ...rest } = body;
  return { status, ...rest };
};
const look = (path: string, by: By = 'public') => office.ask('GET', path, { by });

test('a hidden tier is sold to who has one of its codes, however it is typed', async () => {
  const concert = await event();
  for (const code of ['Rose Bud', ' rose bud', 'ROSE BUD', 'tulip']) {
    const held = await hold(tier(concert, 'Members'), code.trim());
    assert.deepEqual([held.status, held.body['totalMinor']], [201, 500], held.text);
    assert.ok(!held.text.toLowerCase().includes(code.trim().toLowerCase()), 'the code is not in the booking');
  }
  const body = { lines: [tier(concert, 'Members')], accessCode: 'tulip' };
  const looked = await office.ask('POST', '/holds/preview', { by: 'client', body });
  assert.deepEqual([looked.body['possible'], looked.body['totalMinor']], [true, 500]);
});

test('without a code, with a wrong one or that of another event it is answered as one that never was, also to staff', async () => {
  const concert = await event();
  const other = await event({ accessCodes: ['Orchid'] });
  const plain = await office.event();
  const seat = { kind: 'bestSeats', eventId: concert.id, quantity: 1, sectionId: '' };
  const [stalls] = (await office.inventory(concert)).sections.filter(({ name }) => name === 'Stalls');
  for (const by of ['client', 'admin'] as const) {
    const unknown = bare(await hold(tier(concert, 'Nobody'), undefined, by));
    assert.equal(unknown.status, 404);
    for (const code of [undefined, 'Orchid', 'Rose', 'Members'])
      assert.deepEqual(bare(await hold(tier(concert, 'Members'), code, by)), unknown, `${by} ${code}`);
    assert.deepEqual(bare(await hold(tier(plain, 'Members'), 'Rose Bud', by)), unknown);
    // What is sold in hidden tiers only is not there either.
    const nowhere = bare(await hold({ ...seat, sectionId: plain.section('Stalls') }, undefined, by));
    assert.deepEqual(bare(await hold({ ...seat, sectionId: stalls?.id }, 'Orchid', by)), nowhere);
    const [named] = await office.seats(concert);
    const nobodys = bare(await hold(seatLine(concert, (await office.seats(plain))[0]), undefined, by));
    assert.deepEqual(bare(await hold(seatLine(concert, named), undefined, by)), nobodys);
    const previewed = await office.ask('POST', '/holds/preview', {
      by,
      body: { lines: [tier(concert, 'Members')] },
    });
    assert.match(previewed.text, /There is no such tier|invalid_reference/);
  }
  assert.equal((await hold(tier(other, 'Members'), 'orchid')).status, 201);
  assert.deepEqual(await office.available(concert), { Floor: 50, Stalls: 20 });
});

test('an event and its inventory show it to staff and to who has the code', async () => {
  const concert = await event();
  const paths = [`/events/${concert.id}`, `/events/${concert.id}/inventory?seats=true`];
  for (const path of paths) {
    const withCode = (code: string) => `${path}${path.includes('?') ? '&' : '?'}accessCode=${code}`;
    const open = await look(path);
    for (const word of ['Members', 'Secret', 'Stalls'])
      assert.ok(!open.text.includes(word), `${path} tells the public of ${word}`);
    assert.ok((await look(path, 'admin')).text.includes('Members'));
    const unlocked = await look(withCode('rose%20bud'));
    assert.equal(unlocked.status, 200, unlocked.text);
    for (const word of ['Members', 'Stalls']) assert.ok(unlocked.text.includes(word), `${path} ${word}`);
    const wrong = await look(withCode('Orchid'));
    assert.equal(wrong.text, open.text, 'as without a code');
    assert.equal((await look(path)).text, open.text, 'the public’s answer is as before');
  }
  const listed = await look('/events?limit=100');
  assert.ok(listed.text.includes(concert.id) && !listed.text.includes('Members'));
  assert.ok((await look('/events?limit=100', 'admin')).text.includes('Members'));
  const twice = await look(`/events/${concert.id}?accessCode=a&accessCode=b`);
  assert.equal(twice.status, 400);
});

test('a code is not to be found in the database, nor among the changes', async () => {
  const concert = await event({ accessCodes: ['Wisteria 77'] });
  const tiers = [{ name: 'Members', accessCodes: ['Wisteria 78'] }];
  assert.equal((await office.patch(`/events/${concert.id}`, { tiers })).status, 200);
  await event({ accessCodes: ['Wisteria 78'] });
  assert.equal((await hold(tier(concert, 'Members'), 'wisteria 77')).status, 404, 'it was replaced');
  assert.equal((await hold(tier(concert, 'Members'), 'wisteria 78')).status, 201);
  const rows =
    await office.rows(`select t::text from events.tier t union all select c::text from engine.change c
    union all select b::text from engine.booking_line b union all select i::text from engine.idempotency i`);
  const same = await office.rows(`select from events.tier t where t.code_digests && (
    select o.code_digests from events.tier o where o.event_id = '${concert.id}' and o.hidden)`);
  assert.deepEqual(
    [rows.length > 3, same.length],
    [true, 1],
    'a code of two events is not seen to be the same',
  );
  assert.doesNotMatch(JSON.stringify(rows), /wisteria/i);
});

test('a tier is hidden exactly when it has codes', async () => {
  const concert = await event();
  const path = `/events/${concert.id}`;
  const change = async (given: object) =>
    faults(await office.patch(path, { tiers: [{ name: 'Members', ...given }] }));
  assert.deepEqual(await change({ hidden: true }), [], 'it keeps its codes');
  assert.equal((await hold(tier(concert, 'Members'), 'tulip')).status, 201);
  const open = { name: 'Open', amountMinor: 1 };
  const add = async (given: object) => faults(await office.patch(path, { tiers: [{ ...open, ...given }] }));
  assert.deepEqual(await add({ hidden: true }), ['/tiers/0/accessCodes missing_field']);
  assert.deepEqual(await add({ accessCodes: ['x'] }), ['/tiers/0/accessCodes unknown_field']);
  assert.deepEqual(await add({ hidden: true, accessCodes: [] }), ['/tiers/0/accessCodes too_few_items']);
  assert.deepEqual(await change({ hidden: false }), []);
  assert.equal((await hold(tier(concert, 'Members'))).status, 201);
  assert.ok((await look(path)).text.includes('Members'));
});

test('its capacity and its group hold, and what comes instead is of it', async () => {
  const concert = await event({ capacity: 3 });
  const over = await hold(tier(concert, 'Members', 4), 'tulip');
  assert.deepEqual([over.status, over.body.code], [409, 'capacity_unavailable']);
  assert.partialDeepStrictEqual(over.body['conflicts'], [{ rule: 'tierCapacity', limit: 3, available: 3 }]);
});

test('who has booked it swaps it without the code, for no more places, and nobody else gets into it', async () => {
  const concert = await event();
  const seats = await office.seats(concert);
  const held = await hold({ ...seatLine(concert, seats[0]), tier: 'Members' }, 'tulip');
  const path = `/bookings/${String(held.body['id'])}`;
  assert.equal((await office.ask('POST', `${path}/confirm`, { by: 'client', body: {} })).status, 200);
  const swap = (line: object, accessCode?: string) =>
    office.ask('POST', `${path}/reschedule`, {
      by: 'client',
      body: { lines: [{ no: 1, ...line }], accessCode },
    });
  const swapped = await swap({ seatIds: [seats[9]] });
  assert.deepEqual([swapped.status, swapped.body['totalMinor']], [200, 500], swapped.text);
  const more = await swap({ seatIds: [seats[9], seats[8]] });
  assert.deepEqual([more.status, ...faults(more)], [404, '/lines/0/tier invalid_reference']);
  const paid = await swap({ seatIds: [seats[9], seats[8]] }, 'tulip');
  assert.deepEqual([paid.status, ...faults(paid)], [422, '/lines dearer']);
  const own = await hold(tier(concert, 'Child'));
  const into = await office.ask('POST', `/bookings/${String(own.body['id'])}/reschedule`, {
    by: 'client',
    body: { lines: [{ no: 1, tier: 'Members' }] },
  });
  assert.deepEqual([into.status, ...faults(into)], [404, '/lines/0/tier invalid_reference']);
  const elsewhere = await event({ accessCodes: ['Orchid'] });
  const [seat] = await office.seats(elsewhere);
  const other = await swap({ eventId: elsewhere.id, seatIds: [seat] });
  assert.deepEqual([other.status, ...faults(other)], [404, '/lines/0/tier invalid_reference']);
});

test('afterwards every promise of the doctor holds', async () => {
  assert.deepEqual(await office.broken(), []);
});
