import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openEngine, type Engine, type Outcome } from '../src/engine/index.ts';
import { openDatabase, type Database } from '../src/platform/db.ts';
import { Problem } from '../src/platform/errors.ts';
import { postmasterOf } from './chaos/own-postgres.ts';
import { startCuttingProxy, type CuttingProxy } from './cutting-proxy.ts';
import { silentLog } from './database.ts';
import { cancelling, hold, on, openFixture, slot, units, type Fixture } from './engine-fixture.ts';
import { homeFor, runProgram, type Program } from './program.ts';

describe('a network that cuts', () => {
  let fixture: Fixture;
  let proxy: CuttingProxy;
  let db: Database;
  let engine: Engine;
  before(async () => {
    fixture = await openFixture();
    proxy = await startCuttingProxy(fixture.database.servingUrl);
    db = openDatabase({ url: proxy.url, size: 4, named: true, log: silentLog });
    engine = openEngine({ db, log: silentLog, width: 2, guarded: true });
  });
  after(async () => {
    await db.close();
    await proxy.close();
    await fixture.close();
  });

  for (const at of ['before', 'after'] as const) {
    test(`a COMMIT cut off ${at} it took effect: every hold of the batch is answered and taken exactly once`, async () => {
      const seats = await fixture.newStock(100);
      proxy.cutNext(at);
      const asked = Array.from({ length: 10 }, () => hold([units(seats, 1)]));
      const answers = await Promise.all(asked.map((each) => engine.perform(fixture.tenant, each)));
      await proxy.cutDone();
      assert.deepEqual(
        answers.map(bookingId),
        asked.map((each) => each.bookingId),
      );
      assert.equal(await fixture.count(`select taken from engine.stock where resource_id = '${seats}'`), 10);
      assert.equal(
        await fixture.count(`select sum(units) from engine.stock_claim where resource_id = '${seats}'`),
        10,
      );
    });

    test(`confirm and cancel whose COMMIT is cut off ${at} it took effect answer what is true`, async () => {
      const room = await fixture.newCalendar();
      const asked = hold([slot(room, 0)]);
      await engine.perform(fixture.tenant, asked);
      for (const [command, state] of [
        [on('confirm', asked.bookingId), 'confirmed'],
        [cancelling(asked.bookingId), 'cancelled'],
      ] as const) {
        proxy.cutNext(at);
        const outcome = await engine.perform(fixture.tenant, command);
        await proxy.cutDone();
        assert.ok(outcome.result === 'done' && outcome.booking.state === state);
      }
      const told = `select count(*) from engine.change where booking_id = '${asked.bookingId}'`;
      assert.equal(await fixture.count(told), 3, 'held, confirmed and cancelled are told once each');
    });

    test(`a keyed hold whose COMMIT is cut off ${at} it took effect is one booking under its key`, async () => {
      const room = await fixture.newCalendar();
      const idempotency = {
        ...{ principal: 'p', route: 'r', key: at, fingerprint: Buffer.alloc(32), status: 201 },
        render: (booking: { id: string }) => booking.id,
      };
      proxy.cutNext(at);
      const first = await engine.perform(fixture.tenant, hold([slot(room, 0)], { idempotency }));
      await proxy.cutDone();
      const again = await engine.perform(fixture.tenant, hold([slot(room, 0)], { idempotency }));
      const id = first.result === 'replayed' ? first.body : bookingId(first);
      assert.deepEqual(again, { result: 'replayed', status: 201, body: id });
    });
  }

  test('a database that is away is one clean answer within the deadline, and heals by itself', async () => {
    const room = await fixture.newCalendar();
    proxy.sever();
    await assert.rejects(
      engine.perform(fixture.tenant, hold([slot(room, 0)])),
      (error) =>
        error instanceof Problem && error.code === 'unavailable' && error.details.retryAfterSeconds === 1,
    );
    proxy.heal();
    assert.equal((await engine.perform(fixture.tenant, hold([slot(room, 0)]))).result, 'done');
  });
});

describe('PostgreSQL killed under a running server', () => {
  let home: string;
  let server: Program;
  before(async () => {
    home = await homeFor(undefined);
    const env = { HOLDFAST_DATA_DIR: join(home, 'data'), PORT: '0', LOG_LEVEL: 'silent' };
    server = runProgram(['start'], { env });
  });
  after(async () => {
    server.kill('SIGTERM');
    assert.equal((await server.ended).code, 0);
    await rm(home, { recursive: true });
  });

  test('answers 503 or 201 and nothing else, keeps what it answered, and goes on when PostgreSQL is back', async () => {
    const dataDir = join(home, 'data');
    const [, url = ''] = await server.says(/serves on (http:\S+)/);
    const [, key = ''] = await server.says(/(hf_[\w-]+)/);
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const rooms = (await (await fetch(`${url}/api/v1/demo/rooms?limit=1`)).json()) as {
      data: { id: string }[];
    };
    const roomId = rooms.data[0]?.id;
    const book = async (minute: number) => {
      const at = (m: number) => new Date(Date.UTC(2031, 0, 1, 0, m)).toISOString();
      const lines = [{ kind: 'room', roomId, start: at(minute), end: at(minute + 1) }];
      const answer = await fetch(`${url}/api/v1/demo/holds`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ lines }),
      });
      return {
        status: answer.status,
        retryAfter: answer.headers.get('retry-after'),
        body: (await answer.json()) as { id: string },
      };
    };

    const kept: string[] = [];
    let wasAway = false;
    let minute = 0;
    const note = async () => {
      const { status, retryAfter, body } = await book((minute += 1));
      if (status === 201) kept.push(body.id);
      else assert.match(`${status} ${retryAfter}`, /^503 [12]$/); // 2 when not even the key could be looked up
      return status;
    };
    for (let i = 0; i < 5; i++) assert.equal(await note(), 201);
    process.kill(await postmasterOf(dataDir), 'SIGKILL');
    const deadline = Date.now() + 60_000;
    while (!(wasAway && (await note()) === 201)) {
      if ((await note()) === 503) wasAway = true;
      assert.ok(Date.now() < deadline, 'the server did not recover');
    }
    for (const id of kept)
      assert.equal((await fetch(`${url}/api/v1/demo/bookings/${id}`, { headers })).status, 200);
  });
});

function bookingId(outcome: Outcome): string {
  assert.ok(outcome.result === 'done', JSON.stringify(outcome));
  return outcome.booking.id;
}
