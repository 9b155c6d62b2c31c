import type { Database } from '../../platform/db.ts';
import { notFound } from '../../platform/errors.ts';
import type { Format } from '../../platform/export/cells.ts';
import type { Source } from '../../platform/export/exports.ts';
import { headOf, piecesOf, type Piece } from '../../platform/export/statements.ts';
import type { Uuid } from '../../platform/id.ts';
import type { Row } from '../../platform/statement.ts';
import * as sql from './attendee-queries.ts';
import type { SeatRow } from './venue-schema.ts';
import { toSeatMap } from './seat-map.ts';

type Section = Row<typeof sql.sectionsWithSeats.columns>;
interface Of {
  db: Pick<Database, 'read'>;
  tenant: Uuid;
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Who has which places of an event, section by section: seats in their order, admissions in that of their bookings. */
export async function attendeeExport(of: Of, eventId: Uuid, format: Format): Promise<Source> {
  const sections = await of.db.read(of.tenant, sql.sectionsWithSeats, eventId);
  if (sections.length === 0) throw notFound('event');
  return { format, head: headOf(sql.soldSeats, format), pieces: placesOf(of, sections, format) };
}

async function* placesOf(of: Of, sections: readonly Section[], format: Format): AsyncGenerator<Piece> {
  for (const section of sections)
    yield* section.kind === 'seated' ? seatsOf(of, section, format) : admissionsOf(of, section, format);
}

function seatsOf(of: Of, { id, lastId, name, layout }: Section, format: Format): AsyncGenerator<Piece> {
  const rows = (layout ?? []) as SeatRow[];
  const firsts = toSeatMap(rows).rows.map(({ from }) => from + 1);
  const asked = [lastId, name, rows.map((row) => row.name), firsts];
  return piecesOf(of, sql.soldSeats, format, asked, [id]);
}

function admissionsOf(of: Of, { id, name }: Section, format: Format): AsyncGenerator<Piece> {
  return piecesOf(of, sql.soldAdmissions, format, [id, name], [FIRST_ID, 0]);
}
