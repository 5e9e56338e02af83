import { ASSETS_VERSION } from './page-assets.ts';
import type { PageTexts } from './page-texts.ts';

/** What the capture page is for, in the words of its texts. */
export type PageKind = keyof PageTexts['intro']['steps'];

/** The page of a session that takes pictures. Every screen is there; the script shows one. */
export function capturePage(
  texts: PageTexts,
  session: { token: string; kind: PageKind; basePath: string },
): string {
  const { intro, camera, upload } = texts;
  const steps = intro.steps[session.kind].map((step) => `<li>${escapeHtml(step)}</li>`).join('');
  const privacy = session.kind === 'enrolment' ? intro.privacyEnrolment : intro.privacy;
  const settings = { api: `${session.basePath}/session/${session.token}`, texts };
  return documentOf(
    texts,
    `<main id="app" data-screen="intro" data-kind="${session.kind}">
<section id="intro" class="card">
${FACE}
<h1>${escapeHtml(intro.heading)}</h1>
<p class="lead">${escapeHtml(intro.lead)}</p>
<ol class="steps">${steps}</ol>
<button id="start" class="button" type="button">${escapeHtml(intro.start)}</button>
<p class="privacy">${LOCK}<span>${escapeHtml(privacy)}</span></p>
<noscript><p class="notice">${escapeHtml(texts.noScript)}</p></noscript>
</section>
<section id="camera" class="stage" hidden>
<div class="viewfinder">
<video id="preview" autoplay muted playsinline aria-label="${escapeHtml(camera.preview)}"></video>
<canvas id="still" hidden></canvas>
${OVAL}
</div>
<div class="controls">
<p id="prompt" class="prompt" tabindex="-1">${escapeHtml(camera.frame)}</p>
<p id="advice" class="advice" hidden></p>
<button id="shutter" class="shutter" type="button"><span>${escapeHtml(camera.shutter)}</span></button>
</div>
</section>
<section id="upload" class="card" hidden>
${CAMERA_OFF}
<h1>${escapeHtml(upload.heading)}</h1>
<p id="upload-text" class="lead"></p>
<p id="upload-advice" class="notice" hidden></p>
<label id="choose" class="button">${escapeHtml(upload.choose)}<input id="file" type="file" accept="image/*" capture="user"></label>
<button id="retry-camera" class="button quiet" type="button">${escapeHtml(upload.retryCamera)}</button>
</section>
<section id="result" class="card" hidden>
<div class="mark" aria-hidden="true">${CHECK}${CROSS}${DOTS}</div>
<h1 id="result-heading" tabindex="-1"></h1>
<p id="result-text" class="lead"></p>
</section>
<p id="live" class="visually-hidden" role="status" aria-live="polite"></p>
</main>
<script id="settings" type="application/json">${jsonForHtml(settings)}</script>
<script type="module" src="${session.basePath}/page/${ASSETS_VERSION}/capture.js"></script>`,
    session.basePath,
  );
}

/** The page of a link that takes no pictures (any more). */
export function closedPage(
  texts: PageTexts,
  reason: 'unknown' | 'used' | 'expired',
  link: { basePath: string; returnUrl: string | null },
): string {
  const { heading, text } = texts.closed[reason];
  const back = link.returnUrl
    ? `<a class="button" href="${escapeHtml(link.returnUrl)}">${escapeHtml(texts.closed.back)}</a>`
    : '';
  return documentOf(
    texts,
    `<main><section class="card">
${LINK_OFF}
<h1>${escapeHtml(heading)}</h1>
<p class="lead">${escapeHtml(text)}</p>
${back}
</section></main>`,
    link.basePath,
  );
}

function documentOf(texts: PageTexts, body: string, basePath: string): string {
  return `<!doctype html>
<html lang="${texts.lang}" dir="${texts.dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(texts.title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${basePath}/page/${ASSETS_VERSION}/page.css">
<link rel="stylesheet" href="${basePath}/page/${ASSETS_VERSION}/camera.css">
</head>
<body>
${body}
</body>
</html>
`;
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** JSON inside a script element ends at the first `</script`, whatever quotes it stands in. */
function jsonForHtml(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

const icon = (name: string, size: number, shapes: string) =>
  `<svg class="${name}" viewBox="0 0 ${size} ${size}" aria-hidden="true" focusable="false">${shapes}</svg>`;

const FACE = icon(
  'hero',
  96,
  '<path class="corner" d="M8 28V18A10 10 0 0 1 18 8h10M68 8h10a10 10 0 0 1 10 10v10M88 68v10a10 10 0 0 1-10 10H68M28 88H18A10 10 0 0 1 8 78V68"/><ellipse class="head" cx="48" cy="47" rx="20" ry="26"/><path class="features" d="M41 42v4M55 42v4M41 58c4 4 10 4 14 0"/>',
);
const LOCK = icon(
  'lock',
  20,
  '<rect x="4" y="9" width="12" height="8" rx="2"/><path d="M7 9V6.5a3 3 0 0 1 6 0V9"/>',
);
const OVAL = `<svg class="oval" viewBox="0 0 300 400" aria-hidden="true" focusable="false"><path class="shade" fill-rule="evenodd" d="M0 0H300V400H0ZM150 45C85 45 50 110 50 185S95 345 150 345 250 260 250 185 215 45 150 45Z"/><path class="ring" pathLength="100" d="M150 45C85 45 50 110 50 185S95 345 150 345 250 260 250 185 215 45 150 45Z"/><path class="progress" pathLength="100" d="M150 45C215 45 250 110 250 185S205 345 150 345 50 260 50 185 85 45 150 45Z"/></svg>
<svg class="arrow" viewBox="0 0 48 48" aria-hidden="true" focusable="false"><path d="M30 8 14 24l16 16"/></svg>`;
const CAMERA_OFF = icon(
  'hero',
  96,
  '<path class="features" d="M14 30h12l6-9h32l6 9h12a6 6 0 0 1 6 6v36a6 6 0 0 1-6 6H14a6 6 0 0 1-6-6V36a6 6 0 0 1 6-6Z"/><circle class="head" cx="48" cy="53" r="15"/><path class="corner" d="M14 12 84 86"/>',
);
const LINK_OFF = icon(
  'hero',
  96,
  '<circle class="head" cx="48" cy="48" r="36"/><path class="features" d="M48 28v24M48 64v2"/>',
);
const CHECK = icon(
  'approved',
  72,
  '<circle cx="36" cy="36" r="32"/><path d="m22 37 10 10 19-21"/>',
);
const CROSS = icon('declined', 72, '<circle cx="36" cy="36" r="32"/><path d="M36 20v20M36 50v2"/>');
const DOTS = icon('review', 72, '<circle cx="36" cy="36" r="32"/><path d="M36 19v17l11 7"/>');
