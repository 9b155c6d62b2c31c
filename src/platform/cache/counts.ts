/** What happened to the entries of one area since the process started, and what is kept of it now. */
export interface AreaCounts {
  hits: number;
  misses: number;
  loads: number;
  /** Asked while somebody else's load was under way. */
  waits: number;
  /** Loads that failed, and callers who got an old value instead. */
  failures: number;
  stale: number;
  /** Thrown away because something changed, or for want of room. */
  invalidations: number;
  evictions: number;
  /** Loads whose value was out of date before it could be kept. */
  fenced: number;
  entries: number;
  bytes: number;
}

/** Counts by the name of the area, never by key: the names are a dozen, the keys are what callers send. */
export interface Counts {
  of(area: string): AreaCounts;
  all(): ReadonlyMap<string, Readonly<AreaCounts>>;
}

export function countAreas(): Counts {
  const areas = new Map<string, AreaCounts>();
  return {
    of: (area) => {
      let counts = areas.get(area);
      if (counts === undefined) areas.set(area, (counts = none()));
      return counts;
    },
    all: () => areas,
  };
}

function none(): AreaCounts {
  return {
    hits: 0,
    misses: 0,
    loads: 0,
    waits: 0,
    failures: 0,
    stale: 0,
    invalidations: 0,
    evictions: 0,
    fenced: 0,
    entries: 0,
    bytes: 0,
  };
}
