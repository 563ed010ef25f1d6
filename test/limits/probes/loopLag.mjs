// Loaded into the server by `--import`: measures how late its event loop is. SIGUSR2 writes the figures (milliseconds) of the time since
// the last one into the file that IOMMU_REVIEW_LAG names, and begins anew.
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolution = 5;
const delay = monitorEventLoopDelay({ resolution });
delay.enable();
process.on('SIGUSR2', () => {
  const file = process.env.IOMMU_REVIEW_LAG;
  const ms = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolution);
  writeFileSync(`${file}.new`, JSON.stringify({ p99: ms(delay.percentile(99)), max: ms(delay.max), count: delay.count }));
  renameSync(`${file}.new`, file);
  delay.reset();
});
