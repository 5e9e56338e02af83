/** Languages a session may ask for; without one the browser's own is used. */
export const LANGUAGES = (
  'en ar bg bn bs ca cnr cs da de el es et eu fa fi fr gl he hi hr hu hy id it ja ka kk ko ky lt lv ' +
  'mk mn ms nl no pl pt-BR pt ro ru sk sl so sq sr sv th tr uk uz vi zh-CN zh-TW zh'
).split(' ');
