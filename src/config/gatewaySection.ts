import { section } from './section.ts';
import { boolean, milliseconds, oneOf, wholeNumber } from './validators.ts';

/** How the gateway in front speaks ext_proc, where that differs from the shipped Envoy files. */
export const gateway = section({
  alternates: wholeNumber(0, 2)
    .default(2)
    .describe(
      'Alternates that a decision names for retries: 0 where the gateway takes the header as one address (ORIGINAL_DST), 2 with override_host',
    ),
  clearRouteCache: boolean()
    .default(false)
    .describe('Have the gateway choose the route again, where routes depend on the headers that Baton sets'),
  modeOverride: oneOf(['ask', 'off'])
    .default('ask')
    .describe(
      'Ask gateways that buffer or stream bodies to send none, by mode_override: exact counts, and responses that depend on no instance. It takes allow_mode_override of their filter; off: do not ask',
    ),
  fullDuplex: oneOf(['announced', 'assumed'])
    .default('announced')
    .describe(
      'Bodies that run through Baton (FULL_DUPLEX_STREAMED): where the first message announces them; assumed: also where it does not say (Envoy before 1.34, NGINX Gateway Fabric)',
    ),
  responses: oneOf(['leave', 'count'])
    .default('leave')
    .describe(
      'With full duplex, leave: responses do not run through Baton, and load comes from what the pods say (signals.metrics), or is assumed; count: they do, counts are exact, and a response is cut when its instance dies',
    ),
  leftRequestMs: milliseconds(0)
    .default(10_000)
    .describe(
      'With responses: leave, how long a request counts where its pod does not say how many it has; about as long as requests take',
    ),
  aibrix: boolean()
    .default(false)
    .describe(
      'Answer as the gateway plugin of AIBrix does: its strategies, the headers that its routes and its clients read, external-filter and x-session-id',
    ),
  conformanceHeaders: boolean()
    .default(false)
    .describe(
      'For tests only, since clients choose pods by it: obey test-epp-endpoint-selection and answer with x-conformance-test-served-endpoint, as the conformance tests of the Gateway API inference extension expect',
    ),
});
