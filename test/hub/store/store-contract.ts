import { describe } from 'vitest';
import { describeAccepting } from './contract/accepting.ts';
import { describeAccounts } from './contract/accounts.ts';
import { describeCanceling } from './contract/canceling.ts';
import { describeClock } from './contract/clock.ts';
import { describeDeliveries } from './contract/deliveries.ts';
import { describeDevices } from './contract/devices.ts';
import { describeExtras } from './contract/extras.ts';
import { describeFiles } from './contract/files.ts';
import type { OpenStore } from './contract/fixtures.ts';
import { describeGroups } from './contract/groups.ts';
import { describeHubs } from './contract/hubs.ts';
import { describeInbound } from './contract/inbound.ts';
import { describeOutcomes } from './contract/outcomes.ts';
import { describePurging } from './contract/purging.ts';
import { describeRecordKeeping } from './contract/record-keeping.ts';
import { describeReplaying } from './contract/replaying.ts';
import { describeResending } from './contract/resending.ts';
import { describeRetention } from './contract/retention.ts';
import { describeRouting } from './contract/routing.ts';
import { describeScope } from './contract/scope.ts';
import { describeSending } from './contract/sending.ts';
import { describeStatuses } from './contract/statuses.ts';
import { describeTraffic } from './contract/traffic.ts';
import { describeWorkspaces } from './contract/workspaces.ts';

/** What every implementation of the store must do. `open` gives an empty one. */
export function describeStore(name: string, open: OpenStore): void {
  describe(`store contract on ${name}`, () => {
    describe('workspaces', () => describeWorkspaces(open));
    describe('devices', () => describeDevices(open));
    describe('accepting', () => describeAccepting(open));
    describe('routing', () => describeRouting(open));
    describe('sending', () => describeSending(open));
    describe('statuses', () => describeStatuses(open));
    describe('files', () => describeFiles(open));
    describe('inbound', () => describeInbound(open));
    describe('groups', () => describeGroups(open));
    describe('extra events', () => describeExtras(open));
    describe('deliveries', () => describeDeliveries(open));
    describe('outcomes of attempts', () => describeOutcomes(open));
    describe('replaying', () => describeReplaying(open));
    describe('canceling', () => describeCanceling(open));
    describe('resending', () => describeResending(open));
    describe('record keeping', () => describeRecordKeeping(open));
    describe('clocks', () => describeClock(open));
    describe('retention', () => describeRetention(open));
    describe('what a deleted workspace leaves', () => describePurging(open));
    describe('traffic', () => describeTraffic(open));
    describe('accounts', () => describeAccounts(open));
    describe('scope', () => describeScope(open));
    describe('hubs', () => describeHubs(open));
  });
}
