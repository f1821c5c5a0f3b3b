/** Ways into markup, attributes, scripts, styles, URLs and templates; each would tell the trap that it ran. */
const RUN = '__xss++';
const TAGS = [
  `<script>${RUN}</script>`,
  `<ScRiPt>${RUN}</sCrIpT>`,
  `<script/x>${RUN}</script>`,
  `<script src="data:text/javascript,${RUN}"></script>`,
  `<img src=x onerror=${RUN}>`,
  `<img/src=x/onerror=${RUN}>`,
  `<svg onload=${RUN}>`,
  `<svg/onload=${RUN}//`,
  `<svg><script>${RUN}</script></svg>`,
  `<svg><animate onbegin=${RUN} attributeName=x dur=1s>`,
  `<svg><a xlink:href="javascript:${RUN}"><text>x</text></a></svg>`,
  `<math><mi//xlink:href="data:x,<script>${RUN}</script>">`,
  `<body onload=${RUN}>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>">`,
  `<iframe src="javascript:parent.${RUN}"></iframe>`,
  `<object data="javascript:${RUN}"></object>`,
  `<embed src="javascript:${RUN}">`,
  `<video><source onerror=${RUN}></video>`,
  `<audio src=x onerror=${RUN}>`,
  `<details open ontoggle=${RUN}>`,
  `<input autofocus onfocus=${RUN}>`,
  `<select autofocus onfocus=${RUN}>`,
  `<textarea autofocus onfocus=${RUN}>`,
  `<marquee onstart=${RUN}>`,
  `<a href="javascript:${RUN}" autofocus>x</a>`,
  `<form action="javascript:${RUN}"><button autofocus>x</button></form>`,
  `<style>@import "javascript:${RUN}"</style>`,
  `<link rel=stylesheet href="data:text/css,*{x:expression(${RUN})}">`,
  `<meta http-equiv=refresh content="0;url=javascript:${RUN}">`,
  `<base href="javascript:${RUN}//">`,
  `<template><script>${RUN}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  `<!--><script>${RUN}</script>-->`,
  `<![CDATA[<script>${RUN}</script>]]>`,
  `<?xml version="1.0"?><script>${RUN}</script>`,
  `<x onclick=${RUN} tabindex=1 id=x autofocus onfocus=${RUN}>`,
];
const BEFORE = ['">', `'>`, '</title>', '</textarea>', '</option></select>', '</pre></code>', '-->'];
const ATTRIBUTES = [
  `" onmouseover="${RUN}" x="`,
  `' onmouseover='${RUN}' x='`,
  `" autofocus onfocus=${RUN} x="`,
  `x" onerror=${RUN} src=x "`,
  `\` onmouseover=${RUN} \``,
];
const SCRIPTS = [
  `'-${RUN}-'`,
  `";${RUN};//`,
  `\\";${RUN};//`,
  `</script><script>${RUN}</script>`,
  `\${${RUN}}`,
];
const URLS = [
  `javascript:${RUN}`,
  `JaVaScRiPt:${RUN}`,
  `java\tscript:${RUN}`,
  `\u0001javascript:${RUN}`,
  `data:text/html,<script>parent.${RUN}</script>`,
  `vbscript:${RUN}`,
  '//evil.example/x.js',
];
const TEMPLATES = [
  `{{constructor.constructor("${RUN}")()}}`,
  `{{#with this}}{{lookup . "constructor"}}{{/with}}`,
  '{{{raw}}}',
  '{{> layouts/app}}',
  '{{@root.layout.csrf}}',
  `<%= ${RUN} %>`,
];
const ODD = [
  '\u202eevil\u202c',
  '\ufeff<script>',
  '\u2028\u2029',
  '\u0007\u001b[31mred',
  '＜script＞',
  '😀'.repeat(20),
  'a'.repeat(180),
  '__proto__',
  'toHTML',
  `=HYPERLINK("javascript:${RUN}")`,
];

/** 120 of them, none longer than a name may be. */
export const HOSTILE_TEXTS: readonly string[] = [
  ...TAGS,
  ...BEFORE.flatMap((before) => TAGS.slice(0, 8).map((tag) => before + tag)),
  ...ATTRIBUTES,
  ...SCRIPTS,
  ...URLS,
  ...TEMPLATES,
  ...ODD,
]
  .filter((text) => text.length <= 200)
  .slice(0, 120);
