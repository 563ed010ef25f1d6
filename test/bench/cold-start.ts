import { spawnSync } from 'node:child_process';
import { line, median } from './material.ts';

const RUNS = 7;

/** A patch of 200 lines that adds one function, of our own writing. */
function patchMail(): string {
  const body = Array.from({ length: 186 }, (_, at) => `+\tdemo->slot[${String(at)}] = ${String(at)};`);
  const head = ['From: A Developer <dev@example.org>', 'Subject: [PATCH] demo: Fill the slots', '', 'Fill them.', '---'];
  const diff = [
    'diff --git a/drivers/iommu/demo.c b/drivers/iommu/demo.c',
    'new file mode 100644',
    '--- /dev/null',
    '+++ b/drivers/iommu/demo.c',
  ];
  const code = ['@@ -0,0 +1,189 @@', '+static void demo_fill(struct demo *demo)', '+{', ...body, '+}'];
  return `${[...head, ...diff, ...code].join('\n')}\n`;
}

/** Wall time of a whole review of one mail from a cold start, beside a node that does nothing. */
export function benchColdStart(): Promise<void> {
  const mail = patchMail();
  const wall = (args: readonly string[], input: string): number => {
    const start = performance.now();
    spawnSync(process.execPath, args, { input });
    return performance.now() - start;
  };
  const review: number[] = [];
  const bare: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    bare.push(wall(['-e', '0'], ''));
    review.push(wall(['dist/cli.js', 'review', '-'], mail));
  }
  line(`review - of a 200-line patch: ${median(review).toFixed(0)} ms; a node that does nothing: ${median(bare).toFixed(0)} ms`);
  line(`ratio ${(median(review) / median(bare)).toFixed(1)} (wall, median of ${String(RUNS)}, in turn)`);
  return Promise.resolve();
}
