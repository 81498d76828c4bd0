import { readFile, readdir } from 'node:fs/promises'
import { createCanvas } from '@napi-rs/canvas'
import { Tensor } from 'onnxruntime-node'
import findLines, { setup as s1 } from './find-lines.ts'
import { setup as s2, straighten } from './read-lines.ts'
import { planes, readImage } from './image.ts'
const d='/work/main/examples/ocr/pages/'
const det=await s1(), {model,alphabet}=await s2()
const normal = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] }
const all=(await readdir(d)).filter(f=>f.startsWith('en')&&f.endsWith('.png')).sort()
const A:number[][]=[],B:number[][]=[]
for(let i=0;i<all.length;i+=3){const f=all[i]
 const l=await findLines(d+f,{loaded:det}); const im=await readImage(d+f)
 const truth=JSON.parse(await readFile(d+f.replace('.png','.json'),'utf8')).text.split('\n')
 for(const [li,box] of l.boxes.entries()){
  const c=straighten(im,box); const p=planes(c,normal)
  const o=await model.run(new Tensor('float32',p,[1,3,48,c.width])); const s=o.data as Float32Array,T=o.dims[1],K=alphabet.length
  // column darkness
  const col=new Float32Array(c.width); for(let x=0;x<c.width;x++){let m=1;for(let y=4;y<44;y++)m=Math.min(m,p[y*c.width+x]);col[x]=m}
  const bg=[...p.slice(0,48*c.width)].sort((a,b)=>a-b); const paper=bg[Math.floor(bg.length*.7)], ink=bg[Math.floor(bg.length*.02)]
  const isInk=(x:number)=>col[x]<ink+(paper-ink)*.5
  const chars:{ch:string,t:number}[]=[];let prev=0
  for(let t=0;t<T;t++){let b=0;for(let k=1;k<K;k++)if(s[t*K+k]>s[t*K+b])b=k; if(b&&b!==prev&&alphabet[b]!==' ')chars.push({ch:alphabet[b],t});prev=b}
  const want=truth[li]?.replace(/‐/g,'-')??''
  if(chars.map(c=>c.ch).join('')!==want.replace(/ /g,''))continue
  let w=0
  for(let j=0;j+1<chars.length;j++){ w++; const sp=want[w]===' '; if(sp)w++
   let ps=0;for(let t=chars[j].t;t<=chars[j+1].t;t++)ps=Math.max(ps,s[t*K+K-1])
   let run=0,best=0;const px=c.width/T;for(let x=Math.floor((chars[j].t)*px);x<Math.min(c.width,(chars[j+1].t+1)*px);x++){ if(isInk(x))run=0;else best=Math.max(best,++run)}
   (sp?A:B).push([ps,best,chars[j+1].t-chars[j].t, '.,;'.includes(chars[j].ch)?1:0])
  }
 }
}
const q=(a:number[],ps:number[])=>{a=[...a].sort((x,y)=>x-y);return ps.map(p=>+a[Math.min(a.length-1,Math.floor(p*a.length))].toFixed(5)).join(' ')}
const P=[0,.01,.02,.05,.1,.25,.5,.75,.9,.95,.98,.99,.999]
console.log('space',A.length,'none',B.length)
for(const [i,n] of ['P(space)','gap','dt'].entries()){console.log(n,'S',q(A.map(a=>a[i]),P));console.log(n,'N',q(B.map(a=>a[i]),P))}
