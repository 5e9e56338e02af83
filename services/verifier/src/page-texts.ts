/** Every sentence of the capture page. English so far; a language is one more such object. */
export const ENGLISH = {
  lang: 'en',
  dir: 'ltr',
  title: 'Confirm it’s you',
  intro: {
    heading: 'Confirm it’s you',
    lead: 'One selfie, and you are back where you were.',
    steps: {
      passive: ['Look into the camera', 'Hold still for a moment'],
      active: ['Look into the camera', 'Turn your head as the arrows show'],
      enrolment: ['Look into the camera', 'Hold still while we take three pictures'],
    },
    privacy: 'Your picture is checked and thrown away. It is never stored.',
    privacyEnrolment:
      'Your pictures are thrown away. What stays is a sealed code that only this sign-in can use.',
    start: 'Open the camera',
  },
  camera: {
    frame: 'Place your face in the frame',
    still: 'Hold still…',
    shutter: 'Take the selfie',
    begin: 'Start',
    checking: 'Checking…',
    good: 'Good',
    picture: 'Picture {n} of {count}',
    preview: 'Picture of your front camera',
  },
  moves: {
    frontal: 'Look straight ahead',
    left: 'Turn your head to the left',
    right: 'Turn your head to the right',
    up: 'Look up a little',
    down: 'Look down a little',
  },
  retry: {
    tries: { one: 'One more try.', other: '{n} tries left.' },
    again: 'That was not quite it. Follow the arrows once more.',
    move: 'Move your head a little between the pictures.',
    busy: 'Many people are signing in right now. One moment…',
    offline: 'The connection was lost. Please try again.',
  },
  upload: {
    heading: 'We can’t reach your camera',
    refused: 'Allow the camera for this page in your browser’s settings, or use a photo of you.',
    missing: 'No camera was found here. Use a photo of you taken just now.',
    needsCamera:
      'This check needs a live camera. Allow it for this page, or open the link on your phone.',
    choose: 'Take or choose a photo',
    retryCamera: 'Try the camera again',
  },
  result: {
    approved: { heading: 'It’s you', text: 'Taking you back…' },
    declined: { heading: 'We couldn’t confirm it’s you', text: 'Taking you back to the app…' },
    review: { heading: 'Thank you', text: 'We are taking a closer look.' },
    step: { heading: 'One more step', text: 'We need a little more to be sure.' },
    enrolled: { heading: 'All set', text: 'Next time, one look is enough.' },
    close: 'You can close this page now.',
  },
  closed: {
    unknown: {
      heading: 'This link is not valid',
      text: 'Check that you opened the whole link, or ask the app for a new one.',
    },
    used: {
      heading: 'This link has been used',
      text: 'Go back to the app to see where you stand.',
    },
    expired: {
      heading: 'This link has expired',
      text: 'Go back to the app and start again.',
    },
    back: 'Back to the app',
  },
  noScript: 'This page needs JavaScript to use your camera.',
} as const;

export type PageTexts = typeof ENGLISH;

/** The texts for the language of a link. */
export function textsOf(_language: string): PageTexts {
  return ENGLISH;
}
