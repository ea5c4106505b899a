import {createRequire} from 'node:module';
const mods=process.argv.slice(2);
for (const m of mods){const c=process.cpuUsage();const t=performance.now(); await import(m); const d=process.cpuUsage(c); console.log(m.padEnd(30), ((d.user+d.system)/1000).toFixed(0)+' ms cpu', (performance.now()-t).toFixed(0)+' wall');}
console.log('rss',(process.memoryUsage().rss/1e6).toFixed(0));
