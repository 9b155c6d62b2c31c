/** The row locks of a database in memory: one owner each, held to the end of the transaction. */
export class RowLocks<Owner> {
  readonly #owners = new Map<string, Owner>();
  readonly #waits = new Map<Owner, string>();
  readonly #held = new Map<Owner, Set<string>>();

  /** Takes a row, or notes that its owner is waited for. `deadlock` when he waits for the one who asks. */
  take(row: string, asks: Owner): 'taken' | 'waits' | 'deadlock' {
    const owner = this.#owners.get(row);
    if (owner === undefined || owner === asks) {
      this.#owners.set(row, asks);
      this.#waits.delete(asks);
      const held = this.#held.get(asks);
      if (held === undefined) this.#held.set(asks, new Set([row]));
      else held.add(row);
      return 'taken';
    }
    this.#waits.set(asks, row);
    return this.#waitsFor(owner, asks) ? 'deadlock' : 'waits';
  }

  holds(row: string, owner: Owner): boolean {
    return this.#owners.get(row) === owner;
  }

  isHeldByOther(row: string, than: Owner): boolean {
    const owner = this.#owners.get(row);
    return owner !== undefined && owner !== than;
  }

  /** Whether what an owner waits for is still held by somebody. */
  isStuck(owner: Owner): boolean {
    const row = this.#waits.get(owner);
    return row !== undefined && this.isHeldByOther(row, owner);
  }

  release(owner: Owner): void {
    for (const row of this.#held.get(owner) ?? []) this.#owners.delete(row);
    this.#held.delete(owner);
    this.#waits.delete(owner);
  }

  #waitsFor(from: Owner, to: Owner): boolean {
    for (let at: Owner | undefined = from; at !== undefined;) {
      if (at === to) return true;
      const row = this.#waits.get(at);
      at = row === undefined ? undefined : this.#owners.get(row);
    }
    return false;
  }
}
