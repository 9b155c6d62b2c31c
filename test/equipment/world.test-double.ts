import assert from 'node:assert/strict';
import type { KindWorld } from '../../src/kinds/world.test-double.ts';

export const world: KindWorld = {
  wares: {
    hire: async (office) => {
      const made = await office.post('/equipment', { name: 'Kayak', count: 3, perHourMinor: 500 });
      assert.equal(made.status, 201, made.text);
      const equipmentId = String(made.body['id']);
      const hours = (from: number, to: number) => {
        const [start, end] = [from, to].map((of) =>
          new Date(Date.UTC(2030, 0, 7) + of * 3_600_000).toISOString(),
        );
        return { kind: 'hire', equipmentId, start, end, quantity: 3 };
      };
      const patch = (body: object) => office.patch(`/equipment/${equipmentId}`, body);
      return {
        lines: [8, 9, 10, 11].map((of) => hours(of, of + 1)),
        bad: [
          { line: hours(8, 8), reason: 'empty_interval', field: 'end' },
          { line: hours(8, 8.5), reason: 'off_grid', field: 'end' },
        ],
        touch: () => patch({ name: 'Canoe' }),
        close: () => patch({ archived: true }),
        open: () => patch({ archived: false }),
        reason: 'archived',
      };
    },
  },
};
