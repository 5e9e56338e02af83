// @ts-check
// What the person sees and hears. One screen at a time; states are attributes the style sheet reads.

/** @param {string} id */
export const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const SCREENS = ['intro', 'camera', 'upload', 'result'];
const app = element('app');

/** @param {'intro' | 'camera' | 'upload' | 'result'} name */
export function showScreen(name) {
  app.dataset.screen = name;
  for (const id of SCREENS) element(id).hidden = id !== name;
}

/**
 * What the camera is doing: waiting for a tap, counting down, or busy with a picture.
 *
 * @param {'ready' | 'counting' | 'busy'} state
 */
export function setCameraState(state) {
  app.dataset.camera = state;
  element('shutter').toggleAttribute('disabled', state !== 'ready');
  element('still').hidden = state !== 'busy';
}

/**
 * Says what to do now, and to a screen reader as well.
 *
 * @param {string} text
 * @param {string} [move] the head turn to show an arrow for
 */
export function prompt(text, move = '') {
  element('prompt').textContent = text;
  app.dataset.move = move;
  announce(text);
}

/**
 * Advice after a picture that could not be used; none hides it.
 *
 * @param {string} text
 */
export function advise(text) {
  for (const id of ['advice', 'upload-advice']) {
    element(id).textContent = text;
    element(id).hidden = text === '';
  }
  if (text !== '') announce(text);
}

/** @param {string} text */
export function announce(text) {
  element('live').textContent = text;
}

/**
 * @param {'approved' | 'declined' | 'review'} kind
 * @param {{ heading: string, text: string }} texts
 */
export function showResult(kind, { heading, text }) {
  element('result').dataset.kind = kind;
  element('result-heading').textContent = heading;
  element('result-text').textContent = text;
  showScreen('result');
  element('result-heading').focus();
  announce(`${heading}. ${text}`);
}
