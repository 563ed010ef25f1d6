/**
 * I6: no pointer to a freed domain.
 *
 * What: a domain that some hardware, group pointer or PASID entry names is not freed.
 *
 * Source: oops report behind the blocking-domain fix; the error path of the default-domain patch of 2020
 * Holds: S001-1: the old domain is freed after the switch.
 * Broken: the default domain is freed while in use.
 */
import type { Invariant } from './invariant.ts';
import { list, name } from './invariant.ts';

export const I6: Invariant = {
  id: 'I6',
  title: 'no pointer to a freed domain',
  source: 'oops report behind the blocking-domain fix; the error path of the default-domain patch of 2020',
  holds: 'S001-1',
  fields: ['freed', 'domain', 'default_domain', 'blocking_domain', 'hw_domain', 'pasids'],
  scope: 'settled',
  check: (c) => {
    const gone = (object: string, field: string): string | null => {
      const domain = name(c, object, field);
      return domain !== null && c.peek(domain, 'freed') === true ? `${object}.${field} is ${domain}, which was freed` : null;
    };
    for (const group of list(c, 'world', 'groups')) {
      for (const field of ['domain', 'default_domain', 'blocking_domain']) {
        const bad = gone(group, field);
        if (bad !== null) return bad;
      }
    }
    for (const dev of list(c, 'world', 'all_devices')) {
      const bad = gone(dev, 'hw_domain');
      if (bad !== null) return bad;
      for (const entry of list(c, dev, 'pasids')) {
        const domain = entry.slice(entry.indexOf('=') + 1);
        if (c.peek(domain, 'freed') === true) return `PASID ${entry} of ${dev} names a freed domain`;
      }
    }
    return null;
  },
  broken: (c) => c.set('dma1', 'freed', true),
};
