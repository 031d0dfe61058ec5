import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useDeviceNames } from '../../api/devices.ts';
import type { MessageWithTimeline } from '../../api/messages.ts';
import { pathOf } from '../../api/request.ts';
import { PlainText } from '../../ui/plain-text.tsx';
import { formatMoment } from '../../ui/time.tsx';
import { CHANNEL_NAMES, CHANNELS } from '../../words.ts';
import { listSteps, type Step } from './steps.ts';
import classes from './timeline.module.css';

/** A message's way, hop by hop. */
export function Timeline({ message }: { message: MessageWithTimeline }) {
  const devices = useDeviceNames();
  return (
    <ol className={classes.steps}>
      {listSteps(message.events, devices).map((step) => (
        <StepRow key={step.key} step={step} />
      ))}
    </ol>
  );
}

function StepRow({ step: { label, tone, at, source, detail, after } }: { step: Step }) {
  return (
    <li className={classes.step} data-tone={tone}>
      <span className={classes.dot} aria-hidden />
      <div className={classes.what}>
        <Text size="sm" fw={550}>
          {label}
        </Text>
        {detail && (
          <Text size="sm" c="dimmed" component="div">
            <Detail text={detail} />
          </Text>
        )}
      </div>
      <div className={classes.when}>
        <time dateTime={at} className={classes.time}>
          {formatMoment(at)}
        </time>
        <Text size="xs" c="dimmed">
          {after === undefined ? '' : `after ${after}`}
          {source === 'device' && <span title="By the clock of the device">{after && ' · '}device</span>}
        </Text>
      </div>
    </li>
  );
}

const OTHER_MESSAGE = /^(as|of) ([\w-]{20,}) \((.*)\)$/s;

/** What a step says of itself; of one that names another message, a link to that. */
function Detail({ text }: { text: string }) {
  const [, , id, name] = OTHER_MESSAGE.exec(text) ?? [];
  const channel = CHANNELS.find((one) => one === text);
  if (channel) return <>by {CHANNEL_NAMES[channel]}</>;
  if (id === undefined || name === undefined) return <PlainText text={text} />;
  return (
    <>
      {text.slice(0, 2)}{' '}
      <Anchor component={Link} to={pathOf`/messages/${id}`} size="sm">
        <PlainText text={name} />
      </Anchor>
    </>
  );
}
