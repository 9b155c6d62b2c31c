import type { BoxOffice } from '../../test/box-office.ts';

export type AnyLine = Readonly<Record<string, unknown>> & { kind: string };

/** Something to book, of one kind. */
export interface Ware {
  /**
   * At least four lines of one word that can all be had together, each of them only once: what it asks for is all that
   * there is of it.
   */
  lines: readonly AnyLine[];
  /** Lines that are refused whatever is free, each with the reason and the field that it is told at. */
  bad: readonly { line: AnyLine; reason: string; field: string }[];
  /** Changes the entry that the lines name, so that they are what they were. */
  touch(): Promise<unknown>;
  /** Takes that entry off sale; `open` puts it back. `reason` is what its lines are refused with meanwhile. */
  close(): Promise<unknown>;
  open(): Promise<unknown>;
  reason: string;
}

/** Lines of which one person may have one, and no more. */
export type Limited = readonly [AnyLine, AnyLine];

/** What a kind brings for `conformance.test.ts`: everything else about it is found out through the API. */
export interface KindWorld {
  /** Wares by the words of their lines; one for each word that can be asked for by name. */
  wares: Readonly<Record<string, (office: BoxOffice) => Promise<Ware>>>;
  /** For kinds that count what one person may have. */
  limited?: (office: BoxOffice) => Promise<Limited>;
}
