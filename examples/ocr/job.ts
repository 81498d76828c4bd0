import { defineJob } from 'dray'

/**
 * Page images to text: find the lines of each page, read them, count the words of all pages.
 * Memory is what a slot process was measured to need, see docs/decisions/ocr-dependencies.md.
 */
export default defineJob({
  name: 'ocr',
  input: { files: 'pages/*.{png,jpg,jpeg,webp}' },
  stages: [
    {
      name: 'lines',
      map: './find-lines.ts',
      needs: { cpu: 1, memory: '600MB' },
      loads: { name: 'pp-ocr-v4-detection', memory: '45MB' },
      timeout: '60s',
      retry: { attempts: 3, never: ['bad-input'] },
    },
    {
      name: 'text',
      map: './read-lines.ts',
      after: 'lines',
      needs: { cpu: 1, memory: '600MB' },
      loads: { name: 'pp-ocr-v4-recognition', memory: '25MB' },
      timeout: '120s',
      retry: { attempts: 3, never: ['bad-input'] },
      output: { jsonl: 'out/text.jsonl' },
    },
    {
      name: 'words',
      reduce: './count-words.ts',
      gather: 'tree',
      after: 'text',
      output: { jsonl: 'out/words.jsonl' },
    },
  ],
  // In a folder of scans some file is no image: its words are missing, those of the others count.
  tolerate: { failed: '50%' },
})
