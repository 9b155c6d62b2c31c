import assert from 'node:assert/strict';
import type { BoxOffice } from '../../../test/box-office.ts';
import type { Uuid } from '../../platform/id.ts';
import type { KindWorld } from '../world.test-double.ts';

async function room(office: BoxOffice, given: object = {}): Promise<Uuid> {
  const made = await office.post('/rooms', {
    name: crypto.randomUUID(),
    building: 'B',
    capacity: 8,
    ...given,
  });
  assert.equal(made.status, 201, made.text);
  return String(made.body['id']);
}

function hour(roomId: Uuid, of: number) {
  const [start, end] = [of, of + 1].map((each) => new Date(Date.UTC(2030, 0, 7, each)).toISOString());
  return { kind: 'room', roomId, start, end };
}

export const world: KindWorld = {
  wares: {
    room: async (office) => {
      const roomId = await room(office, { rules: { maxMinutes: 240 } });
      const line = hour(roomId, 8);
      const patch = (body: object) => office.patch(`/rooms/${roomId}`, body);
      return {
        lines: [8, 9, 10, 11].map((each) => hour(roomId, each)),
        bad: [
          { line: { ...line, end: line.start }, reason: 'empty_interval', field: 'end' },
          { line: { ...line, end: '2030-01-07T20:00:00Z' }, reason: 'interval_too_long', field: 'end' },
          { line: { ...line, attendees: 9 }, reason: 'room_too_small', field: 'attendees' },
        ],
        touch: () => patch({ floor: '3' }),
        close: () => patch({ archived: true }),
        open: () => patch({ archived: false }),
        reason: 'archived',
      };
    },
  },
  limited: async (office) => {
    const roomId = await room(office, { rules: { quota: { perDay: { bookings: 1 } } } });
    return [hour(roomId, 8), hour(roomId, 9)];
  },
};
