export * from './decision.ts';
export * from './entry-rule.ts';
export * from './lockout.ts';
export * from './pricing.ts';
export * from './status-machine.ts';
export * from './usual-score.ts';
