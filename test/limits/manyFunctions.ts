// A patch that takes the analysis some seconds: many functions with many paths.

/** A patch that adds a file of so many functions, each with so many tests under a mutex. There is nothing to find in it. */
export function manyFunctions(functions: number, tests: number): string {
  const lines: string[] = [];
  for (let n = 0; n < functions; n++) {
    lines.push(`int demo_${String(n)}(struct iommu_group *group, struct device *dev, int a, int b)`, '{', '\tint ret = 0;', '');
    lines.push('\tmutex_lock(&group->mutex);');
    for (let test = 0; test < tests; test++) {
      const name = String(test);
      lines.push(
        `\tif (a > ${name} && dev->x${name}) {`,
        `\t\tret = demo_step_${name}(dev, b);`,
        '\t\tif (ret)',
        '\t\t\tgoto unlock;',
        '\t}',
      );
    }
    lines.push('unlock:', '\tmutex_unlock(&group->mutex);', '\treturn ret;', '}', '');
  }
  return [
    'From: Ada Lindqvist <ada@example.org>',
    'Subject: [PATCH] iommu: Add many functions',
    'Date: Mon, 2 Sep 2024 10:00:00 +0200',
    'Message-ID: <many-functions@example.org>',
    '',
    'They are many.',
    '---',
    'diff --git a/drivers/iommu/many.c b/drivers/iommu/many.c',
    'new file mode 100644',
    '--- /dev/null',
    '+++ b/drivers/iommu/many.c',
    `@@ -0,0 +1,${String(lines.length)} @@`,
    ...lines.map((line) => `+${line}`),
    '-- ',
    '2.45.2',
    '',
  ].join('\n');
}
