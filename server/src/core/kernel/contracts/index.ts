// Look-up in the contract tables.

import type { EraId } from '../eras.ts';
import { busContracts, deviceContracts, svaContracts } from './devices.ts';
import { domainContracts, memberContracts, typeStoreContracts } from './domains.ts';
import { groupContracts } from './groups.ts';
import { ownershipContracts } from './ownership.ts';
import type { ContractRow } from './row.ts';

/** All rows; a name has one row an era at most. */
export const contracts: readonly ContractRow[] = [
  ...groupContracts,
  ...domainContracts,
  ...memberContracts,
  ...typeStoreContracts,
  ...deviceContracts,
  ...busContracts,
  ...ownershipContracts,
  ...svaContracts,
];

const byName = new Map<string, ContractRow[]>();
for (const contract of contracts) {
  const rows = byName.get(contract.name);
  if (rows === undefined) byName.set(contract.name, [contract]);
  else rows.push(contract);
}

/** The contract of a function in an era, or null where the tables have none. */
export function contractOf(name: string, era: string): ContractRow | null {
  return byName.get(name)?.find((contract) => contract.eras.some((id: EraId) => id === era)) ?? null;
}

/** Contracts of a function in all eras, oldest first; empty where the tables have none. */
export function contractsOf(name: string): readonly ContractRow[] {
  return byName.get(name) ?? [];
}
