// The HTTP side for programs that read OpenAPI 3.1. The bodies' exact form is the CDDL of spec/07-relay.md.
const problemAnswer = {
  description: 'Refused (RFC 9457); `code` says why.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
const wire = (name: string): object => ({
  'application/cbor': { schema: { type: 'string', format: 'binary', description: `\`${name}\` of spec/07-relay.md` } },
  'application/json': { schema: { type: 'object', description: `\`${name}\` by field names, byte strings in base64` } },
});
const post = (summary: string, description: string): object => ({
  summary,
  description,
  requestBody: { required: true, content: wire('relay-request') },
  responses: {
    200: { description: 'Answered in the form of the request.', content: wire('relay-response') },
    default: problemAnswer,
  },
});
const parameter = (name: string, description: string, pattern: string): object => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', pattern },
});

export const openApi = {
  openapi: '3.1.0',
  info: {
    title: 'Kith relay',
    version: '1',
    description: 'Passes sealed cells of 4,096 bytes on, and forgets them.',
    license: { name: 'MPL-2.0', identifier: 'MPL-2.0' },
  },
  paths: {
    '/v1/info': {
      get: {
        summary: 'Version, name, roles, limits, periods, prefix bits, key, and a signed date.',
        responses: {
          200: {
            description: 'The relay.',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Info' } } },
          },
          default: problemAnswer,
        },
      },
    },
    '/v1/cells': {
      post: post(
        'Puts 1 to 64 cells.',
        'A request of type `put`; one result a cell: 0 taken, 1 tag held already, 2 over the limit.',
      ),
    },
    '/v1/buckets/{kind}/{period}/{bits}/{prefix}/{block}': {
      get: {
        summary: 'Up to 64 cells of one aligned block of a bucket.',
        description:
          'Raw cells one after another, or the `relay-response` in CBOR or JSON by the Accept header. Whole raw blocks may be cached until they are wiped.',
        parameters: [
          parameter('kind', 'Length of the period.', '^(hour|day)$'),
          parameter('period', 'Whole hours or days since 1970.', '^[0-9]+$'),
          parameter('bits', 'Prefix bits, as in /v1/info.', '^[0-9]+$'),
          parameter('prefix', 'In hexadecimal, - when empty.', '^(-|[0-9a-f]{2,6})$'),
          parameter('block', 'Number of the block, from 0.', '^[0-9]+$'),
        ],
        responses: {
          200: { description: 'Cells in the order of arrival.' },
          206: { description: 'A range of whole cells.' },
          304: { description: 'Nothing new.' },
          default: problemAnswer,
        },
      },
    },
    '/v1/rendezvous': {
      post: post(
        'Offers and claims of invitations.',
        'A request of type `offerPut`, `offerGet`, `offerDelete`, `claimPut`, `claimsGet` or `claimsDelete`. Places and tokens stand in the body, so that no log of addresses holds them.',
      ),
    },
    '/v1/live': {
      get: {
        summary: 'WebSocket: all requests, and pushed cells of the channels listened to.',
        responses: {
          101: { description: 'Frames are `relay-request-frame` and `relay-response-frame` in CBOR.' },
          default: problemAnswer,
        },
      },
    },
    '/healthz': {
      get: {
        summary: 'Is the relay up?',
        responses: { 200: { description: 'Yes.' }, 503: { description: 'It is about to stop.' } },
      },
    },
    '/metrics': {
      get: {
        summary: 'Counts for Prometheus, to this machine only.',
        responses: { 200: { description: 'Text format 0.0.4.' }, 404: { description: 'Asked from elsewhere.' } },
      },
    },
  },
  components: {
    schemas: {
      Problem: {
        type: 'object',
        required: ['type', 'title', 'status', 'code', 'retryAfter'],
        properties: {
          type: { type: 'string' },
          title: { type: 'string' },
          status: { type: 'integer' },
          code: { type: 'string' },
          retryAfter: { type: 'integer', description: 'Milliseconds, 0 for none.' },
        },
      },
      Info: {
        type: 'object',
        required: [
          'version',
          'name',
          'publicUrl',
          'roles',
          'date',
          'bits',
          'liveBits',
          'limits',
          'periods',
          'key',
          'signature',
        ],
        properties: {
          version: { const: 1 },
          name: { type: 'string' },
          publicUrl: { type: 'string' },
          roles: { type: 'array', items: { type: 'string' } },
          date: { type: 'integer' },
          bits: { type: 'integer' },
          liveBits: { type: 'integer' },
          limits: {
            type: 'object',
            properties: { cellsPerMinute: { type: 'integer' }, cellBurst: { type: 'integer' } },
          },
          periods: {
            type: 'object',
            properties: {
              hourKept: { type: 'integer' },
              dayKept: { type: 'integer' },
              liveKept: { type: 'integer' },
              offerKept: { type: 'integer' },
            },
          },
          key: { type: 'string' },
          signature: { type: 'string' },
        },
      },
    },
  },
} as const;
