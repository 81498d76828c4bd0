import { readFile, readdir, writeFile } from 'node:fs/promises'
import findLines, { setup as s1 } from '/work/main/examples/ocr/find-lines.ts'
import readLines, { setup as s2 } from '/work/main/examples/ocr/read-lines.ts'
const d='/work/main/examples/ocr/pages/'
const step=Number(process.argv[2]??4)
const det=await s1(), rec=await s2()
const all=(await readdir(d)).filter(f=>f.endsWith('.png')).sort()
import { distance } from 'fastest-levenshtein'
const norm=(t:string)=>t.normalize('NFKC').replace(/[‐‑]/g,'-').replace(/\s+/g,' ').trim()
const tot:any={}
const c0=process.cpuUsage();let td=0,tr=0
const cpu=()=>{const c=process.cpuUsage(c0);return (c.user+c.system)/1e6}
for(let i=0;i<all.length;i+=step){const f=all[i]
 let a=cpu(); const l=await findLines(d+f,{loaded:det});let b=cpu();td+=b-a
 const r=await readLines(l,{loaded:rec});const c=cpu();tr+=c-b
 const truth=JSON.parse(await readFile(d+f.replace('.png','.json'),'utf8'))
 let x=norm(truth.text),y=norm(r.text); if(truth.language==='zh'){x=x.replace(/ /g,'');y=y.replace(/ /g,'')}
 const e=distance(x,y), e2=distance(x.replace(/ /g,''),y.replace(/ /g,''))
 const k=tot[truth.language]??={n:0,e:0,e2:0};k.n+=x.length;k.e+=e;k.e2+=e2
 console.log(f,truth.face,truth.size,'lines',truth.text.split('\n').length,l.boxes.length,r.lines.length,'err',e,e2,'of',x.length,(b-a).toFixed(2),(c-b).toFixed(2))
 if(process.argv[3]) {const tl=truth.text.split('\n');const rl=r.lines.map(l=>l.text);for(let j=0;j<Math.max(tl.length,rl.length);j++) if(norm(tl[j]??'')!==norm(rl[j]??'')) console.log('  T',tl[j],'\n  R',rl[j])}
}
for(const k in tot)console.log(k,1-tot[k].e/tot[k].n,'nospace',1-tot[k].e2/tot[k].n)
console.log('det',td,'rec',tr,process.resourceUsage().maxRSS/1e3)
