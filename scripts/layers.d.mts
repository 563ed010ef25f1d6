export const layers: Record<string, { dir: string; uses: string[]; core: boolean; only?: string[] }>;
export function allowed(name: string): Set<string>;
