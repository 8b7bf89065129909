/**
 * Agreement: the rules by which blocks become final, a chain is preferred and a producer may sign, as one value.
 *
 * A chain has the protocol's own. The seam is there for simulations alone: they show that each guard is needed by taking it
 * away. Source: protocol section 12.
 */
import { countVotes, headerFault } from './finality.ts';
import { compareForks } from './fork-choice.ts';
import { lockAfter, lockFault, lostLock } from './lock.ts';
import { nextOffice } from './office.ts';

export const agreement = { countVotes, headerFault, nextOffice, compareForks, lockFault, lockAfter, lostLock } as const;

export type Agreement = typeof agreement;
