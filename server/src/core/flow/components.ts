// Circles of a graph.

/** Strongly connected components of what a node leads to, those that lead nowhere else first (Tarjan, without recursion). */
export function componentsBelow<T>(root: T, leadsTo: (node: T) => readonly T[]): T[][] {
  const found: T[][] = [];
  const index = new Map<T, number>();
  const low = new Map<T, number>();
  const path: T[] = [];
  const onPath = new Set<T>();
  const stack: { node: T; next: T[] }[] = [];
  const open = (node: T): void => {
    index.set(node, index.size);
    low.set(node, index.size - 1);
    path.push(node);
    onPath.add(node);
    stack.push({ node, next: [...leadsTo(node)].reverse() });
  };
  open(root);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const next = top.next.pop();
    if (next !== undefined) {
      if (!index.has(next)) open(next);
      else if (onPath.has(next)) low.set(top.node, Math.min(low.get(top.node) ?? 0, index.get(next) ?? 0));
      continue;
    }
    stack.pop();
    const { node } = top;
    const parent = stack.at(-1);
    if (parent) low.set(parent.node, Math.min(low.get(parent.node) ?? 0, low.get(node) ?? 0));
    if (low.get(node) !== index.get(node)) continue;
    const component: T[] = [];
    for (let one = path.pop(); one !== undefined; one = path.pop()) {
      onPath.delete(one);
      component.push(one);
      if (one === node) break;
    }
    found.push(component.reverse());
  }
  return found;
}
