import { expect, test } from 'vitest';
import { Latencies } from '../../../hub/overview/latencies.ts';

test('percentiles are those of nearest rank, to three digits, and null of nothing', () => {
  const latencies = new Latencies();
  expect(latencies.view()).toEqual({ p50: null, p95: null, p99: null, count: 0 });
  latencies.add(86_412);
  expect(latencies.view()).toEqual({ p50: 86_400, p95: 86_400, p99: 86_400, count: 1 });
  for (let ms = 1; ms <= 99; ms += 1) latencies.add(ms);
  expect(latencies.view()).toEqual({ p50: 50, p95: 95, p99: 99, count: 100 });
});

test('what by a wrong clock came before its cause took no time', () => {
  const latencies = new Latencies();
  latencies.add(-5_000);
  expect(latencies.view().p50).toBe(0);
});
