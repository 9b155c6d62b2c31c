/** Chance for one moment: what happens, and eight bits for each of its details. */
export interface Step {
  what: number;
  nth: number;
  verb: number;
  place: number;
  from: number;
  size: number;
  ttl: number;
  how: number;
}

/** The steps of a seed, the same each time: a failing run is told by its seed alone. */
export function* stepsOf(seed: number, count: number): Generator<Step> {
  const next = chance(seed);
  for (let i = 0; i < count; i++) {
    const [a, b] = [next(), next()];
    yield {
      what: a & 255,
      nth: (a >>> 8) & 255,
      verb: (a >>> 16) & 255,
      place: a >>> 24,
      from: b & 255,
      size: (b >>> 8) & 255,
      ttl: (b >>> 16) & 255,
      how: b >>> 24,
    };
  }
}

/** 32 bits at a time (splitmix32): fast, and neighbouring seeds have nothing in common. */
function chance(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}
