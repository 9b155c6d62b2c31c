import { Counter, Gauge, type Registry } from 'prom-client';

export interface ReplicaState {
  /** Whether the next read goes to it. */
  usable: boolean;
  /** How old its rows may be; Infinity while it is not heard from. */
  lagMs: number;
  /** Since the start of the process: reads that it answered, and those that went to the primary instead. */
  reads: number;
  fallbacks: number;
}

/** Adds what is known of the replica to the registry: whether it is read from, and how far it is behind. */
export function countReplica(registry: Registry, state: () => ReplicaState): void {
  const gauges: readonly [name: string, help: string, of: (state: ReplicaState) => number][] = [
    ['usable', '1 while reads go to the replica', ({ usable }) => Number(usable)],
    ['lag_seconds', 'How old the rows of the replica may be', ({ lagMs }) => lagMs / 1_000],
  ];
  for (const [name, help, of] of gauges)
    registry.registerMetric(
      new Gauge({
        name: `holdfast_replica_${name}`,
        help,
        registers: [],
        collect() {
          this.set(of(state()));
        },
      }),
    );
  registry.registerMetric(
    new Counter({
      name: 'holdfast_replica_reads_total',
      help: 'Reads that may be a little old, by who answered them',
      labelNames: ['from'],
      registers: [],
      collect() {
        const { reads, fallbacks } = state();
        this.reset();
        this.inc({ from: 'replica' }, reads);
        this.inc({ from: 'primary' }, fallbacks);
      },
    }),
  );
}
