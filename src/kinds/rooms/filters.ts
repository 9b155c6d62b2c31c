import type { RoomFilters } from './schema.ts';

/** The filters of a query as the statements take them: building, capacity, equipment and part of a name. */
export function roomFilters({ building, capacity, equipment, search }: RoomFilters) {
  const words = equipment?.split(',').map((word) => word.trim());
  const wanted = words?.filter((word) => word !== ''); // a form left empty asks for nothing
  return [building ?? null, capacity ?? null, wanted ?? null, search ?? null] as const;
}
