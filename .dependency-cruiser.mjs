/**
 * The rules of the house about who may import whom. Floors, from the top:
 *   services and infra / store / service-kit, queues, policy / face, contract, signals
 */

/** Modules that do I/O: the pure packages must not touch them. */
const IO_BUILTINS =
  '^(node:)?(fs|fs/promises|net|http|http2|https|dns|dns/promises|tls|dgram|child_process|cluster|worker_threads|readline|process|timers|timers/promises)$';
const IO_PACKAGES =
  'node_modules/(pg|ioredis|bullmq|kysely|undici|fastify|@fastify|pino|pino-pretty|prom-client|sharp|onnxruntime-node|close-with-grace)/';

const TEST_CODE = String.raw`\.test\.ts$|^packages/[^/]+/(test|scripts)/|^services/[^/]+/test/|^infra/|^test/|^load-tests/|^examples/`;

/** A package may import itself, what is listed, and (in tests) the test kit. */
function floor(name, mayImport) {
  return {
    name: `floor-of-${name}`,
    severity: 'error',
    comment: `${name} imports only ${mayImport.join(', ') || 'no other package'}`,
    from: { path: `^packages/${name}/`, pathNot: TEST_CODE },
    to: { path: '^packages/', pathNot: `^packages/(${[name, ...mayImport].join('|')})/` },
  };
}

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Modules that import each other can only be understood together',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      comment: 'An import that leads nowhere escapes every other rule',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'services-do-not-import-services',
      severity: 'error',
      comment:
        'Services talk by HTTP, queues and streams, so that each can be replaced and scaled alone',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/([^/]+)/', pathNot: '^services/$1/' },
    },
    {
      name: 'packages-do-not-import-upward',
      severity: 'error',
      comment: 'A package does not know who uses it',
      from: { path: '^packages/', pathNot: '^packages/testkit/' },
      to: { path: '^(services|infra|load-tests|examples|test)/' },
    },
    {
      name: 'services-do-not-import-infra',
      severity: 'error',
      comment: 'A service runs anywhere, not only under the local launcher',
      from: { path: '^services/', pathNot: TEST_CODE },
      to: { path: '^(infra|load-tests|examples|test)/' },
    },
    {
      name: 'pure-packages-do-no-io',
      severity: 'error',
      comment: 'contract, policy and signals are rules: the same input gives the same answer',
      from: { path: '^packages/(contract|policy|signals)/', pathNot: TEST_CODE },
      to: { path: [IO_BUILTINS, IO_PACKAGES] },
    },
    {
      name: 'test-kit-only-in-tests',
      severity: 'error',
      comment: 'What helps tests does not belong in a running service',
      from: { path: '^(packages|services)/', pathNot: `^packages/testkit/|${TEST_CODE}` },
      to: { path: '^packages/testkit/' },
    },
    floor('contract', []),
    floor('signals', []),
    floor('face', ['contract']),
    floor('policy', ['contract', 'signals']),
    floor('service-kit', ['contract']),
    floor('queues', ['contract', 'service-kit']),
    floor('store', ['contract', 'signals', 'policy', 'queues', 'service-kit']),
    {
      name: 'only-main-boots',
      severity: 'error',
      comment: 'Importing main.ts would start the service',
      from: { path: '^(packages|services)/' },
      to: { path: '^services/[^/]+/src/main\\.ts$' },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^services/verifier/page/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'types', 'default'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
