// Written by `npm run gen` from the rule files of this folder. Do not edit.

import type { Rule } from './rule.ts';
import { rule as apiScopeMismatch } from './api-scope-mismatch.ts';
import { rule as calleeRequiresLock } from './callee-requires-lock.ts';
import { rule as changedResult } from './changed-result.ts';
import { rule as claimWithoutBlockingDomain } from './claim-without-blocking-domain.ts';
import { rule as cleanupDefinitionOrder } from './cleanup-definition-order.ts';
import { rule as derivableParameter } from './derivable-parameter.ts';
import { rule as doubleLock } from './double-lock.ts';
import { rule as doubleRelease } from './double-release.ts';
import { rule as errnoBusyVsInvalid } from './errno-busy-vs-invalid.ts';
import { rule as fieldWithoutItsLock } from './field-without-its-lock.ts';
import { rule as freeClassErrptr } from './free-class-errptr.ts';
import { rule as freedDomainStillAttached } from './freed-domain-still-attached.ts';
import { rule as gotoMixedWithCleanup } from './goto-mixed-with-cleanup.ts';
import { rule as groupInvariantBroken } from './group-invariant-broken.ts';
import { rule as helperReleasesCallerLock } from './helper-releases-caller-lock.ts';
import { rule as irqUnsafeLock } from './irq-unsafe-lock.ts';
import { rule as leakOnErrorPath } from './leak-on-error-path.ts';
import { rule as lockDroppedAndRetaken } from './lock-dropped-and-retaken.ts';
import { rule as lockHeldAtReturn } from './lock-held-at-return.ts';
import { rule as lockOrderInversion } from './lock-order-inversion.ts';
import { rule as mapBeforeAttach } from './map-before-attach.ts';
import { rule as nullCheckOutsideLock } from './null-check-outside-lock.ts';
import { rule as nullDereference } from './null-dereference.ts';
import { rule as publishedTransientPointer } from './published-transient-pointer.ts';
import { rule as rollbackMissingReattach } from './rollback-missing-reattach.ts';
import { rule as selfDeadlockCallback } from './self-deadlock-callback.ts';
import { rule as sentinelAliasesEnum } from './sentinel-aliases-enum.ts';
import { rule as silentFallbackHidesRequest } from './silent-fallback-hides-request.ts';
import { rule as sleepInAtomic } from './sleep-in-atomic.ts';
import { rule as stalePointerAfterUnlockNoref } from './stale-pointer-after-unlock-noref.ts';
import { rule as textIdentifierTypo } from './text-identifier-typo.ts';
import { rule as toctouUnlockedRecheck } from './toctou-unlocked-recheck.ts';
import { rule as unlockWithoutLock } from './unlock-without-lock.ts';
import { rule as unpairedClaim } from './unpaired-claim.ts';
import { rule as unstatedUserspaceImpact } from './unstated-userspace-impact.ts';
import { rule as useAfterFree } from './use-after-free.ts';

/** All rules, by id. */
export const rules: readonly Rule[] = [
  apiScopeMismatch,
  calleeRequiresLock,
  changedResult,
  claimWithoutBlockingDomain,
  cleanupDefinitionOrder,
  derivableParameter,
  doubleLock,
  doubleRelease,
  errnoBusyVsInvalid,
  fieldWithoutItsLock,
  freeClassErrptr,
  freedDomainStillAttached,
  gotoMixedWithCleanup,
  groupInvariantBroken,
  helperReleasesCallerLock,
  irqUnsafeLock,
  leakOnErrorPath,
  lockDroppedAndRetaken,
  lockHeldAtReturn,
  lockOrderInversion,
  mapBeforeAttach,
  nullCheckOutsideLock,
  nullDereference,
  publishedTransientPointer,
  rollbackMissingReattach,
  selfDeadlockCallback,
  sentinelAliasesEnum,
  silentFallbackHidesRequest,
  sleepInAtomic,
  stalePointerAfterUnlockNoref,
  textIdentifierTypo,
  toctouUnlockedRecheck,
  unlockWithoutLock,
  unpairedClaim,
  unstatedUserspaceImpact,
  useAfterFree,
];
