import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { DeliveryMetrics } from './delivery-metrics.ts';
import type { AnsweredRequest } from './edge/observer.ts';

/** The figures that `/metrics` shows, in Prometheus' text format. */
export class Metrics {
  readonly registry = new Registry();
  readonly deliveries = new DeliveryMetrics(this.registry);
  readonly #requests: Counter<'operation' | 'status'>;
  readonly #seconds: Histogram<'operation'>;
  readonly #conflicts: Counter;
  readonly #commitSize: Histogram;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#requests = new Counter({
      name: 'holdall_requests_total',
      help: 'Requests answered, by operation and HTTP status.',
      labelNames: ['operation', 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'holdall_request_seconds',
      help: 'Time from a request being read to its answer being ready.',
      labelNames: ['operation'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers,
    });
    this.#conflicts = new Counter({
      name: 'holdall_conflicts_total',
      help: 'Updates refused because a record had changed.',
      registers,
    });
    this.#commitSize = new Histogram({
      name: 'holdall_commit_writes',
      help: 'Writes that shared one commit to disk.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
      registers,
    });
  }

  answered({ operation, status, error, durationMs }: AnsweredRequest): void {
    // Whatever outsiders invent is one label, or they could fill the memory with names.
    const label = operation ?? 'none';
    this.#requests.inc({ operation: label, status });
    this.#seconds.observe({ operation: label }, durationMs / 1000);
    if (error === 'ResourceConflictException') this.#conflicts.inc();
  }

  countListeners(count: () => number): void {
    new Gauge({
      name: 'holdall_live_listeners',
      help: 'Streams of changes that are open.',
      registers: [this.registry],
      collect() {
        this.set(count());
      },
    });
  }

  committed(writes: number): void {
    this.#commitSize.observe(writes);
  }
}
