/** Seconds. LiteLLM's own, which its dashboards expect. */
export const LATENCY_BUCKETS: readonly number[] = [
  ...[0.005, 0.00625, 0.0125, 0.025, 0.05, 0.1, 0.5],
  ...Array.from({ length: 19 }, (_, at) => 1 + at / 2),
  ...[15, 20, 25, 30, 60, 120, 180, 240, 300],
];

/** Seconds. What clients of Prometheus use unless told. */
export const PER_TOKEN_BUCKETS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** Tokens in a second, from a large model on a processor to a small one on a fast card. */
export const RATE_BUCKETS: readonly number[] = [1, 2, 5, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 400];
