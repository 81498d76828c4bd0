import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { readdirSync } from 'node:fs'
import { GlobalFonts } from '@napi-rs/canvas'
import type { Language } from './declaration.ts'

/**
 * Fonts come from npm packages, so a machine without any font renders the same pages. A Chinese
 * font is cut into about a hundred files by range of characters; a family list of all of them
 * behaves as one font. The value of a face is the CSS font without its size.
 */
export type Face = { readonly name: string; readonly css: (weight: number, size: number) => string }

export function faces(language: Language): readonly Face[] {
  return language === 'en' ? latin.map(registerLatin) : chinese.map(registerChinese)
}

const latin = ['roboto', 'lora', 'open-sans', 'source-serif-4']
const chinese = ['noto-sans-sc', 'noto-serif-sc']
export const weights = [400, 700] as const

function registerLatin(name: string): Face {
  const folder = join(packageFolder(`@fontsource/${name}`), 'files')
  for (const weight of weights)
    register(join(folder, `${name}-latin-${weight}-normal.woff2`), `${name}-${weight}`)
  return { name, css: (weight, size) => `${size}px "${name}-${weight}"` }
}

function registerChinese(name: string): Face {
  const folder = join(packageFolder(`@fontsource-variable/${name}`), 'files')
  const cuts = readdirSync(folder)
    .filter(file => file.endsWith('.woff2'))
    .sort()
  for (const cut of cuts) register(join(folder, cut), cut)
  const families = cuts.map(cut => `"${cut}"`).join(',')
  return { name, css: (weight, size) => `${weight} ${size}px ${families}` }
}

function register(path: string, family: string): void {
  if (!GlobalFonts.registerFromPath(path, family)) throw new Error(`${path}: not a usable font`)
}

const packageFolder = (name: string) =>
  dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
