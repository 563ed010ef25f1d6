// The eras by id. To add one: a file with its table, a line here.

import { defdom2020v3, defdomMerged } from './defdom.ts';
import type { Era } from './era.ts';
import { v61 } from './v6.1.ts';
import { v612 } from './v6.12.ts';

export const eras: readonly Era[] = [defdom2020v3, defdomMerged, v61, v612];

/** The era with this id, or null. */
export function eraById(id: string): Era | null {
  return eras.find((era) => era.id === id) ?? null;
}
