/**
 * The names that the project has retired, each with the one that takes its place.
 *
 * A word is found in identifiers (`bequestTtlMs`, `bequest_ttl`), in comments and in prose; a
 * phrase in comments and prose; an identifier only as a whole and in its case, one of a single word
 * only in code. Words that are also good English or a protocol's own are not here: reviewers find
 * those.
 */

export interface RetiredName {
  readonly name: string;
  readonly use: string;
}

const listed = (table: string): RetiredName[] =>
  table
    .trim()
    .split('\n')
    .map((line) => line.split('→').map((part) => part.trim()))
    .flatMap(([names = '', use = '']) => names.split(',').map((name) => ({ name: name.trim(), use })));

export const retiredWords = listed(`
  audit, audits, audited, auditing → consistency check
  bequest, bequests, bequeath, bequeaths, bequeathed, giver, givers → handoff
  fade, fades, faded, fading → decay
  thaw, thaws, thawed → markFresh
  station, stations → host
  hurry, hurried → forceStop
  steersman, adrift → StandbyMachine
  asleep → paused
  aside → standby
  unseen → unacknowledged
  doubt, doubts, shyness → stalenessDiscount, sampleShrink
  tally, tallies → LabelledCounter
  farewell, farewells → closeTimeoutMs
  judgement, judgements → verdict
  deaf → ignoreAll
  surroundings → ProcessEnv
  patience, patient → timeoutMs
  whoever → (name who)
  nobody → (name who, or no one)
  anew → again
  contribution, contributions → load report
  native → builtin
`);

export const retiredPhrases = listed(`
  for ever → (until when)
  of late → recently
  again and again → periodically
  live configuration, live setting, live settings → dynamic configuration
  all is there → startup complete
  told to stop → SIGTERM received
  operator's word → pinned generation
  own count, own counts, own load → local counts
  own pick, own picks → local picks
`);

export const retiredIdentifiers = listed(`
  openDoor, door, Door → openListener, listener
  takerOf → pickWorker
  surplusOf → excessConnections
  handOut → dispatch
  letGo → shedConnections
  Sharer → Worker
  Uses → ConnectionUsage
  Course, course → Role
  woke → onResumedAfterPause
  SelfSteering → SteeringController
  WakeWatch → PauseDetector
  FirstDecisionMemory, remembering → FirstDecisionProbe, wrap
  SharedStore → EtcdSession
  leaveBehind → putDetached
  Shown → WatchProgress
  Reading, readStored, readAgain, freshReading → RangeSnapshot, readRange, resync, rebuildView
  viewCopy → ViewSnapshot
  GaugeReadings → InstanceGauges
  RequestFacts → SchedulingRequest
  EdgeStream, onGone → ServerStream, onClosed
  Judgement → HeadVerdict
  Needs, Forms, Relations, Origins → requirements, validators, crossFieldRules, provenance
  describeUpgrade, describeDynamic → addUpgradeCommand, addDynamicCommand
  describeEndpoint → parseEndpoint
  describeProblem → formatProblem
  Staging, Scene, scene, picture, act → RunOptions, DashboardState, render, phase
  hasLive, LiveConfig, liveConfig, livePaths → dynamic configuration
  grown → growBuffer
  followers → concurrentPickers
  bareFleet → etcdCluster
  oneView → sameView
  asEnvoy → fakeEnvoyClient
  calm, isCalm → quiescence
  firstPage → newInstanceView
`);

/** A function is named for what it does; these say nothing of it. */
export const vagueVerbs: ReadonlySet<string> = new Set(['look', 'tell', 'say', 'ask', 'play', 'perform']);

/** Parts of a name that say nothing. */
export const vagueNouns: ReadonlySet<string> = new Set([
  'manager',
  'helper',
  'helpers',
  'util',
  'utils',
  'common',
]);

/** Text that is someone else's. It is left out before words are searched. */
export const foreignText: readonly RegExp[] = [
  /--no-audit|npm audit|Object\.freeze/g,
  /[Nn]ative (?:ES|addons?\b|modules?\b)|--native\b/g,
  /CONTRIBUTING(?:\.md)?/g,
  /https?:\/\/\S+/g,
  /\b[Oo]f course\b/g,
  /[cC]onnectionManager/g,
];
