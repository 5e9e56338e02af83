// @ts-check
// The capture, from the first tap to the way back: one function for each way of taking it.
import { createApi, pause } from './api.js';
import { closeCamera, openCamera, shrinkFile, takePicture } from './camera.js';
import {
  advise,
  announce,
  element,
  prompt,
  setCameraState,
  showResult,
  showScreen,
} from './screens.js';

const { api: base, texts } = JSON.parse(element('settings').textContent ?? '{}');
const api = createApi(base, (waiting) => advise(waiting ? texts.retry.busy : ''));
const video = /** @type {HTMLVideoElement} */ (element('preview'));
const still = /** @type {HTMLCanvasElement} */ (element('still'));
const kind = element('app').dataset.kind;

/** Time to take up a pose before its picture is taken. */
const COUNTDOWN_MS = 1800;
/** Time between two pictures of an enrolment: long enough for the face to differ a little. */
const ENROLMENT_PAUSE_MS = 700;
/** Pictures of one enrolment, those that do not count included. */
const MAX_PICTURES = 9;
/** How long a result stays before the browser goes on. */
const RESULT_MS = 1100;

/** Pictures of the whole capture, where it is a fixed number. */
let frames = 1;

/** @param {string} text @param {Record<string, string | number>} values */
const fill = (text, values) =>
  text.replace(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ name) =>
    String(values[name]),
  );

/** @param {any} refusal */
function adviceOf({ detail, attempts_left: left }) {
  const { one, other } = texts.retry.tries;
  const sentence = typeof detail === 'string' ? detail : '';
  if (left === undefined || left === 0 || kind === 'active') return sentence;
  return `${sentence} ${left === 1 ? one : fill(other, { n: left })}`;
}

/** The camera screen waits for the person. */
function waitForTap() {
  setCameraState('ready');
  prompt(texts.camera.frame);
}

async function startCamera() {
  element('start').setAttribute('disabled', '');
  showScreen('camera');
  setCameraState('counting');
  const camera = await openCamera(video);
  element('start').removeAttribute('disabled');
  if (camera === 'ready') {
    waitForTap();
    element('shutter').focus();
    return;
  }
  const { refused, missing, needsCamera } = texts.upload;
  element('upload-text').textContent =
    kind === 'active' ? needsCamera : camera === 'refused' ? refused : missing;
  // Head turns cannot be shown with a photo.
  element('choose').hidden = kind === 'active';
  showScreen('upload');
  announce(element('upload-text').textContent ?? '');
}

/** Takes a picture and leaves it on the screen while it is sent. */
async function snap() {
  const picture = await takePicture(video, still);
  setCameraState('busy');
  return picture;
}

async function capturePassive() {
  advise('');
  const picture = await snap();
  prompt(texts.camera.checking);
  await settle(await api.sendFrame(picture));
}

async function captureEnrolment() {
  advise('');
  let left = frames;
  for (let taken = 0; left > 0 && taken < MAX_PICTURES; taken += 1) {
    const values = { n: frames - left + 1, count: frames };
    setCameraState('counting');
    prompt(fill(texts.camera.picture, values));
    await pause(ENROLMENT_PAUSE_MS);
    const answer = await api.sendFrame(await snap());
    if (!answer.ok || answer.body.next !== 'frame') return settle(answer);
    left = answer.body.frames_left;
  }
  // The camera keeps giving the same picture, which counts once.
  advise(texts.retry.move);
  waitForTap();
}

async function captureMotion() {
  advise('');
  setCameraState('counting');
  const started = await api.startChallenge();
  if (!started.ok) return settle(started);
  const { nonce, frames: poses } = started.body;
  for (let index = 0; index < poses.length; ) {
    setCameraState('counting');
    prompt(texts.moves[poses[index]], poses[index]);
    await pause(COUNTDOWN_MS);
    const answer = await api.sendChallengeFrame(nonce, index, await snap());
    if (answer.ok && answer.body.next === 'frame') {
      advise('');
      index += 1;
    } else if (!answer.ok && answer.status === 422 && answer.body.next === 'frame') {
      advise(adviceOf(answer.body));
    } else {
      return settle(answer);
    }
  }
}

/**
 * Goes on after a picture: to the outcome, to another try, or to the page the server has for a
 * link that is no good any more.
 *
 * @param {import('./api.js').Answer} answer
 */
async function settle(answer) {
  const next = answer.body.next;
  if (next === 'outcome') return finish();
  if (!answer.ok && answer.status === 409 && kind === 'active') {
    // The challenge has run out: the person was interrupted.
    advise(texts.retry.again);
    return (await api.open()).ok ? waitForTap() : finish();
  }
  if (!answer.ok && (answer.status === 404 || answer.status === 409)) return location.reload();
  if (answer.ok) advise(texts.retry.again);
  else if (answer.status === 422) advise(adviceOf(answer.body));
  else advise(texts.retry.offline);
  waitForTap();
}

/** Waits for the decision, shows it for a moment and goes back to the app. */
async function finish() {
  closeCamera(video);
  const outcome = await api.outcome();
  if (!outcome.ok) return location.reload();
  const { status, return_url: returnUrl } = outcome.body;
  const { approved, declined, review, step, enrolled, close } = texts.result;
  const shown =
    status === 'Approved'
      ? { kind: 'approved', ...(kind === 'enrolment' ? enrolled : approved) }
      : status === 'Declined'
        ? { kind: 'declined', ...declined }
        : { kind: 'review', ...(status === 'Resubmitted' ? step : review) };
  const text = returnUrl ? shown.text : close;
  showResult(/** @type {any} */ (shown.kind), { heading: shown.heading, text });
  if (!returnUrl) return;
  await pause(RESULT_MS);
  location.replace(returnUrl);
}

/** @param {() => Promise<unknown>} capture */
const guarded = (capture) => async () => {
  try {
    await capture();
  } catch {
    // No answer at all: the picture may or may not have arrived; the server knows.
    advise(texts.retry.offline);
    waitForTap();
  }
};

const captures = {
  passive: capturePassive,
  enrolment: captureEnrolment,
  active: captureMotion,
};

async function begin() {
  const opened = await api.open();
  if (!opened.ok && opened.status < 500) return location.reload();
  if (!opened.ok) return advise(texts.retry.offline);
  frames = opened.body.frames ?? 1;
}

element('start').addEventListener('click', startCamera);
element('retry-camera').addEventListener('click', startCamera);
element('shutter').addEventListener(
  'click',
  guarded(captures[/** @type {keyof captures} */ (kind)]),
);
element('file').addEventListener(
  'change',
  guarded(async () => {
    const input = /** @type {HTMLInputElement} */ (element('file'));
    const file = input.files?.[0];
    if (!file) return;
    advise('');
    const picture = await shrinkFile(file, still);
    input.value = '';
    await settle(await api.sendOnlyFrame(picture));
  }),
);
begin().catch(() => advise(texts.retry.offline));
