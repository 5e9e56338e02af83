export * from './catalogue.ts';
export * from './producer.ts';
export * from './worker.ts';
