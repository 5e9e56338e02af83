import type { DrawnIdentity } from './drawn-identity.ts';

/** How a drawn person is seen this time. */
export interface DrawnView {
  /** Pixels the nearest part of the face moves sideways: positive to the right of the picture. */
  yaw: number;
  rollDegrees: number;
  shiftX: number;
  shiftY: number;
  scale: number;
  /** 0 to 1. */
  smile: number;
  /** 0 closed, 1 open. */
  eyesOpen: number;
  /** -1 from the left, 1 from the right. */
  light: number;
  /** SVG colour of the wall. */
  wall: string;
}

export const PICTURE = { width: 480, height: 640 } as const;

/** How far in front of the head's axis a part lies; parallax is yaw times this. */
const DEPTH = { ear: -0.35, eye: 0.55, iris: 0.67, mouth: 0.75, nostril: 1.0, noseTip: 1.1 };

interface Drawing {
  person: DrawnIdentity;
  view: DrawnView;
  /** Half width and half height of the face. */
  halfWidth: number;
  halfHeight: number;
  /** Heights of the parts, from the middle of the face downward. */
  eyeLine: number;
  noseLine: number;
  mouthLine: number;
  /** Skin at this brightness. */
  skin: (brightness: number) => string;
  hair: (brightness: number) => string;
  outline: string;
}

/** One unit of yaw shifts and narrows a face as this many degrees do a head. */
const APPARENT_DEGREES = 0.5;

/** The picture of a person as SVG, 480 by 640. */
export function faceSvg(person: DrawnIdentity, view: DrawnView): string {
  const drawing = prepare(person, view);
  const narrowing = Math.cos((view.yaw * APPARENT_DEGREES * Math.PI) / 180);
  const middle = `${PICTURE.width / 2 + view.shiftX} ${PICTURE.height * 0.46 + view.shiftY}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${PICTURE.width}" height="${PICTURE.height}">
    ${definitions(drawing)}
    <rect width="100%" height="100%" fill="url(#wall)"/>
    <g transform="translate(${middle}) rotate(${view.rollDegrees}) scale(${view.scale * narrowing} ${view.scale})">
      ${backHair(drawing)}${body(drawing)}${ears(drawing)}${skinSurface(drawing)}
      ${eye(drawing, -1)}${eye(drawing, 1)}${nose(drawing)}${mouth(drawing)}
      ${hair(drawing)}${glasses(drawing)}
    </g>
  </svg>`;
}

function prepare(person: DrawnIdentity, view: DrawnView): Drawing {
  const halfWidth = 115 * person.face.width;
  const halfHeight = 155 * person.face.height;
  const eyeLine = -18 + person.eyes.lower;
  const noseLine = eyeLine + 48 * person.nose.length;
  const chin = 30 * person.face.chin;
  const jaw = halfWidth * person.face.jaw;
  return {
    person,
    view,
    halfWidth,
    halfHeight,
    eyeLine,
    noseLine,
    mouthLine: noseLine + 45 + person.mouth.lower,
    skin: (brightness) => colour(person.skin, brightness),
    hair: (brightness) => colour(person.hair, brightness),
    outline: `M ${-halfWidth} -30 C ${-halfWidth} ${-halfHeight * 1.12} ${halfWidth} ${-halfHeight * 1.12} ${halfWidth} -30
      C ${halfWidth} 45 ${jaw} ${halfHeight * 0.72} ${chin} ${halfHeight * 0.93}
      Q 0 ${halfHeight * 1.03} ${-chin} ${halfHeight * 0.93}
      C ${-jaw} ${halfHeight * 0.72} ${-halfWidth} 45 ${-halfWidth} -30 Z`,
  };
}

function definitions({ view, skin, outline }: Drawing): string {
  const blurs = [1, 2, 4, 6, 14]
    .map(
      (size) =>
        `<filter id="soft${size}" x="-60%" y="-60%" width="220%" height="220%"><feGaussianBlur stdDeviation="${size}"/></filter>`,
    )
    .join('');
  const side = (direction: number) => 0.28 + direction * view.light * 0.25;
  return `<defs>${blurs}
    <radialGradient id="skin" cx="${0.5 - view.light * 0.25}" cy=".38" r=".72">
      <stop offset="0" stop-color="${skin(1.1)}"/><stop offset=".55" stop-color="${skin(0.98)}"/>
      <stop offset="1" stop-color="${skin(0.68)}"/></radialGradient>
    <linearGradient id="shade"><stop offset="0" stop-opacity="${side(1)}"/><stop offset=".3" stop-opacity="0"/>
      <stop offset=".7" stop-opacity="0"/><stop offset="1" stop-opacity="${side(-1)}"/></linearGradient>
    <linearGradient id="wall" x2="0" y2="1"><stop offset="0" stop-color="${view.wall}"/>
      <stop offset="1" stop-color="#57626c"/></linearGradient>
    <clipPath id="face"><path d="${outline}"/></clipPath></defs>`;
}

function body({ halfHeight, skin }: Drawing): string {
  const h = halfHeight;
  return `<path d="M -58 ${h * 0.5} L -64 ${h * 1.25} Q 0 ${h * 1.5} 64 ${h * 1.25} L 58 ${h * 0.5} Z" fill="${skin(0.78)}"/>
    <path d="M -62 ${h * 1.16} C -150 ${h * 1.3} -210 ${h * 1.4} -230 ${h * 2.2} L 230 ${h * 2.2}
      C 210 ${h * 1.4} 150 ${h * 1.3} 62 ${h * 1.16} Q 0 ${h * 1.45} -62 ${h * 1.16} Z" fill="#3a526e"/>
    <path d="M -55 ${h * 0.85} Q 0 ${h * 1.25} 55 ${h * 0.85} L 60 ${h * 1.1} Q 0 ${h * 1.3} -60 ${h * 1.1} Z" opacity=".3" filter="url(#soft6)"/>`;
}

function ears({ person, view, halfWidth, skin }: Drawing): string {
  const size = person.face.ears;
  return [-1, 1]
    .map((side) => {
      const x = side * (halfWidth + 3) + view.yaw * DEPTH.ear;
      return `<ellipse cx="${x}" cy="-4" rx="${15 * size}" ry="${29 * size}" fill="${skin(0.8)}"/>`;
    })
    .join('');
}

function skinSurface({
  person,
  halfWidth,
  halfHeight,
  hair: hairOf,
  mouthLine,
  outline,
}: Drawing): string {
  const w = halfWidth;
  const cheeks = [-1, 1]
    .map(
      (side) =>
        `<ellipse cx="${side * w * 0.5}" cy="26" rx="22" ry="12" fill="#fff" opacity=".13" filter="url(#soft6)"/>`,
    )
    .join('');
  const beardTop = mouthLine + (person.beard > 0.45 ? -16 : 40);
  return `<path d="${outline}" fill="url(#skin)"/>
    <g clip-path="url(#face)"><path d="${outline}" fill="url(#shade)"/>
      <ellipse cx="-10" cy="${-halfHeight * 0.55}" rx="60" ry="26" fill="#fff" opacity=".17" filter="url(#soft14)"/>${cheeks}
      <path d="M ${-w} 40 C ${-w * 0.8} ${halfHeight * 1.2} ${w * 0.8} ${halfHeight * 1.2} ${w} 40
        L ${w * 0.62} 62 Q 0 ${beardTop} ${-w * 0.62} 62 Z" fill="${hairOf(0.8)}" opacity="${person.beard}" filter="url(#soft6)"/>
    </g>`;
}

function eye({ person, view, eyeLine, skin, hair: hairOf }: Drawing, side: -1 | 1): string {
  const { eyes, brows } = person;
  const width = 23 * eyes.width;
  const height = 9.5 * eyes.height * view.eyesOpen;
  const x = side * 47 * eyes.apart + view.yaw * DEPTH.eye;
  const lids = `M ${-width} 2 Q 0 ${-height * 1.9} ${width} 2 Q 0 ${height * 1.6} ${-width} 2 Z`;
  const look = view.yaw * (DEPTH.iris - DEPTH.eye);
  const clip = side > 0 ? 'eyeRight' : 'eyeLeft';
  const browLine = eyeLine - 24 + brows.lower;
  return `<g transform="translate(${x} ${eyeLine}) rotate(${side * eyes.tilt})">
      <ellipse cy="1" rx="${width * 1.45}" ry="${height * 2.3}" fill="${skin(0.72)}" opacity=".55" filter="url(#soft6)"/>
      <path d="${lids}" fill="#f3efe9"/><clipPath id="${clip}"><path d="${lids}"/></clipPath>
      <g clip-path="url(#${clip})"><circle cx="${look}" r="9.2" fill="${colour(person.iris, 1)}"/>
        <circle cx="${look}" r="4.2" fill="#0a0808"/><circle cx="${look + 3}" cy="-3" r="1.8" fill="#fff"/></g>
      <path d="M ${-width} 2 Q 0 ${-height * 1.95} ${width} 2" stroke="#1d130f" stroke-width="2.6" fill="none"/>
      <path d="M ${-width} ${-height * 0.9} Q 0 ${-height * 2.9} ${width} ${-height * 0.7}" stroke="${skin(0.6)}" stroke-width="1.8" fill="none" opacity=".7"/>
    </g>
    <path d="M ${x - side * width * 1.25} ${browLine} Q ${x} ${browLine - 6 - brows.arch} ${x + side * width * 1.4} ${browLine + 2}"
      stroke="${hairOf(0.75)}" stroke-width="${brows.weight}" stroke-linecap="round" fill="none" opacity=".88" filter="url(#soft1)"/>`;
}

function nose({ person, view, eyeLine, noseLine, skin }: Drawing): string {
  const width = 17 * person.nose.width;
  const bridge = person.nose.bridge;
  const root = view.yaw * 0.5;
  const tip = view.yaw * DEPTH.noseTip;
  const nostril = (side: number) =>
    `<ellipse cx="${side * width * 0.5 + tip}" cy="${noseLine + 8}" rx="5.2" ry="2.8" fill="#2a1410" opacity=".85" filter="url(#soft1)"/>`;
  const wing = (side: number) =>
    `<path d="M ${side * width + tip} ${noseLine + 3} q ${side * 5} -8 ${-side} -13" stroke="${skin(0.55)}" stroke-width="2.4" fill="none" opacity=".75" filter="url(#soft1)"/>`;
  return `<path d="M ${-6 * bridge + root} ${eyeLine + 4} Q ${-10 * bridge + tip * 0.8} ${(eyeLine + noseLine) / 2 + 4} ${-width + tip} ${noseLine + 4}
      Q ${tip} ${noseLine + 18} ${width + tip} ${noseLine + 4} Q ${10 * bridge + tip * 0.8} ${(eyeLine + noseLine) / 2 + 4} ${6 * bridge + root} ${eyeLine + 4}"
      fill="${skin(0.9)}" opacity=".75" filter="url(#soft6)"/>
    <path d="M ${2 + root} ${eyeLine + 6} L ${2 + tip} ${noseLine - 2}" stroke="${skin(1.16)}" stroke-width="9" stroke-linecap="round" opacity=".6" filter="url(#soft4)"/>
    <ellipse cx="${tip}" cy="${noseLine - 1}" rx="${width * 0.55}" ry="9" fill="${skin(1.12)}" opacity=".65" filter="url(#soft4)"/>
    ${wing(-1)}${wing(1)}${nostril(-1)}${nostril(1)}
    <path d="M ${-width + tip} ${noseLine + 12} Q ${tip} ${noseLine + 22} ${width + tip} ${noseLine + 12}" stroke="${skin(0.6)}" stroke-width="4" fill="none" opacity=".55" filter="url(#soft2)"/>`;
}

function mouth({ person, view, mouthLine, skin }: Drawing): string {
  const { fullness } = person.mouth;
  const width = 36 * person.mouth.width * (1 + view.smile * 0.18);
  const x = view.yaw * DEPTH.mouth;
  const corner = mouthLine - view.smile * 9;
  const tint = (brightness: number) =>
    colour(
      [
        (person.lips[0] * person.skin[0]) / 230,
        (person.lips[1] * person.skin[1]) / 190,
        (person.lips[2] * person.skin[2]) / 170,
      ],
      brightness,
    );
  const [left, right] = [x - width, x + width];
  return `<path d="M ${left} ${corner} Q ${x - width * 0.4} ${mouthLine - 9 * fullness} ${x} ${mouthLine - 5 * fullness}
      Q ${x + width * 0.4} ${mouthLine - 9 * fullness} ${right} ${corner} Q ${x} ${mouthLine + 6} ${left} ${corner} Z" fill="${tint(0.82)}" filter="url(#soft1)"/>
    <path d="M ${left} ${corner} Q ${x} ${mouthLine + 4} ${right} ${corner} Q ${x} ${mouthLine + 22 * fullness} ${left} ${corner} Z" fill="${tint(1)}" filter="url(#soft1)"/>
    <path d="M ${left} ${corner} Q ${x} ${mouthLine + 5} ${right} ${corner}" stroke="#3a1512" stroke-width="2.6" fill="none" filter="url(#soft1)"/>
    <ellipse cx="${x}" cy="${mouthLine + 22 * fullness}" rx="${width * 0.5}" ry="6" fill="${skin(0.7)}" opacity=".6" filter="url(#soft4)"/>`;
}

/** Hair that falls behind the head, for the long style. */
function backHair({ person, halfWidth: w, halfHeight, hair: hairOf }: Drawing): string {
  if (person.hairStyle !== 1) return '';
  const top = -halfHeight * 0.98 - 70;
  return `<path d="M ${-w - 24} 200 C ${-w - 52} ${top} ${w + 52} ${top} ${w + 24} 200 Z" fill="${hairOf(0.7)}"/>`;
}

function hair({ person, halfWidth: w, halfHeight, hair: hairOf }: Drawing): string {
  const top = -halfHeight * 0.98;
  const styles = [
    `M ${-w - 10} 0 C ${-w - 30} ${top - 60} ${w + 30} ${top - 60} ${w + 10} 0 L ${w - 6} -40 C ${w - 20} ${top + 60} ${-w + 20} ${top + 50} ${-w + 6} -40 Z`,
    `M ${-w - 22} 180 C ${-w - 50} ${top - 70} ${w + 50} ${top - 70} ${w + 22} 180 L ${w + 2} 120 C ${w + 4} -40 ${w * 0.5} ${top + 40} ${w * 0.1} ${top + 44} C ${-w * 0.4} ${top + 50} ${-w - 2} -40 ${-w - 2} 120 Z`,
    `M ${-w - 6} -25 C ${-w - 14} ${top - 30} ${w + 14} ${top - 30} ${w + 6} -25 L ${w - 4} -55 C ${w - 30} ${top + 36} ${-w + 30} ${top + 36} ${-w + 4} -55 Z`,
    `M ${-w - 12} 10 C ${-w - 34} ${top - 74} ${w + 40} ${top - 60} ${w + 10} 6 L ${w - 4} -46 C ${w * 0.7} ${top + 80} ${-w * 0.2} ${top + 20} ${-w * 0.5} ${top + 74} C ${-w * 0.8} ${top + 90} ${-w + 4} -60 ${-w + 4} -40 Z`,
  ];
  return `<path d="${styles[person.hairStyle]}" fill="${hairOf(1)}" filter="url(#soft1)"/>`;
}

function glasses({ person, view, eyeLine }: Drawing): string {
  if (!person.glasses) return '';
  const x = view.yaw * 0.6;
  const apart = 47 * person.eyes.apart;
  const lens = (side: number) =>
    `<rect x="${side * apart - 33 + x}" y="${eyeLine - 20}" width="66" height="42" rx="14"/>`;
  return `<g fill="none" stroke="#20201f" stroke-width="4">${lens(-1)}${lens(1)}
    <path d="M ${-apart + 33 + x} ${eyeLine - 4} L ${apart - 33 + x} ${eyeLine - 4}"/></g>`;
}

function colour(rgb: readonly [number, number, number], brightness: number): string {
  const [red, green, blue] = rgb.map((part) =>
    Math.round(Math.max(0, Math.min(255, part * brightness))),
  );
  return `rgb(${red} ${green} ${blue})`.replaceAll(' ', ',');
}
