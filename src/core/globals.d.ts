/**
 * The two standard globals of core beyond the language: UTF-8 text, the same in Node, browsers and workers.
 * Both are pure; nothing else of the host is known here.
 */
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label: 'utf-8', options: { readonly fatal: true; readonly ignoreBOM: true });
  decode(bytes: Uint8Array): string;
}
