# Makes the files of this folder: python3 make.py . (torch 2.13, safetensors 0.8, numpy 2.4).
import torch, struct, json, io, os, sys, argparse, collections, pickle, numpy as np
from safetensors.torch import save_file, save_model
out=sys.argv[1]
torch.manual_seed(7)
def p(n): return os.path.join(out,n)
def both(name,obj,**k):
    torch.save(obj,p(name+'.pth'))
    torch.save(obj,p(name+'.legacy.pth'),_use_new_zipfile_serialization=False)
types=dict(F64=torch.float64,F32=torch.float32,F16=torch.float16,BF16=torch.bfloat16,I64=torch.int64,I32=torch.int32,I16=torch.int16,I8=torch.int8,U8=torch.uint8,BOOL=torch.bool,U16=torch.uint16,U32=torch.uint32,U64=torch.uint64,F8_E4M3=torch.float8_e4m3fn,F8_E5M2=torch.float8_e5m2,F8_E8M0=torch.float8_e8m0fnu,F8_E4M3FNUZ=torch.float8_e4m3fnuz,F8_E5M2FNUZ=torch.float8_e5m2fnuz)
sd=collections.OrderedDict(); ref={}
for n,t in types.items():
    x=(torch.randn(2,3)*3)
    if n.startswith('U') or n=='BOOL': x=x.abs()
    if n=='F8_E8M0': x=x.abs()+.1
    x=x.to(t); sd['t.'+n]=x; ref['t.'+n]=x.to(torch.float32)
base=torch.arange(24,dtype=torch.float32)
sd['v.base']=base; sd['v.slice']=base[5:11].view(2,3); sd['v.transposed']=base.view(4,6).t(); sd['v.strided']=base.view(2,3,4).permute(2,0,1)[1:3]
sd['v.scalar']=base[7]; sd['v.empty']=torch.zeros(0,3); sd['v.one']=base[:6].view(1,6).expand(1,6)
sd['v.parameter']=torch.nn.Parameter(base[:4].clone()); sd['v.tied']=base
for n in ('base','slice','transposed','strided','scalar','empty','one','parameter','tied'): ref['v.'+n]=sd['v.'+n].detach().to(torch.float32)
both('types',sd)
save_file({k:v.contiguous().clone() for k,v in ref.items()},p('types.values.safetensors'))
# nesting
w=lambda v:{'blocks.0.weight':torch.full((2,2),float(v)),'blocks.0.bias':torch.full((2,),float(v))}
both('training',{'epoch':3,'state_dict':w(1),'state_dict_ema':w(2),'optimizer':{'state':{0:{'step':torch.tensor(5.),'exp_avg':torch.ones(2)}},'param_groups':[{'lr':1e-4,'betas':(0.9,0.999),'params':[0]}]},'scheduler':None})
torch.save({'model':{'module.'+k:v for k,v in w(3).items()}},p('wrapped.pth'))
torch.save({'a':w(1),'b':w(2)},p('ambiguous.pth'))
m=torch.nn.Linear(2,2); torch.save(m.state_dict(),p('module-metadata.pth'))
torch.save(m.state_dict(),p('protocol4.pth'),pickle_protocol=4)
torch.save(m,p('whole-module.pth'))
torch.save({'model':w(1),'args':argparse.Namespace(lr=1)},p('namespace.pth'))
torch.save({'state_dict':w(1),'best':np.float64(0.5)},p('numpy-scalar.pth'))
torch.save({'x':torch.eye(3).to_sparse()},p('sparse.pth'))
torch.save({'x':torch.zeros(2,dtype=torch.complex64)},p('complex.pth'))
torch.save({'x':torch.zeros(1).expand(1000,1000)},p('expanded.pth'))
torch.save(torch.zeros(3),p('single-tensor.pth'))
torch.save([1,2],p('list.pth'))
class Evil:
    def __reduce__(self): return (os.system,('touch /tmp/viditq-was-here',))
torch.save({'x':torch.zeros(1),'y':Evil()},p('os-system.pth'))
torch.save({'x':torch.zeros(1),'y':Evil()},p('os-system.legacy.pth'),_use_new_zipfile_serialization=False)
open(p('plain.pkl'),'wb').write(pickle.dumps({'a':1},protocol=2))
torch.jit.save(torch.jit.script(torch.nn.ReLU()),p('torchscript.pt'))
# tables of 8-bit types
codes=torch.arange(256,dtype=torch.uint8); t={'codes':codes}
for n in ('F8_E4M3','F8_E5M2','F8_E8M0','F8_E4M3FNUZ','F8_E5M2FNUZ'): t[n]=codes.view(types[n]).to(torch.float32)
save_file(t,p('float8-tables.safetensors'),metadata={'made by':'torch '+torch.__version__})
save_file({k:v for k,v in sd.items() if k[2:] in ('F8_E4M3','F8_E5M2','U16','U32','U64','F64')},p('types.safetensors'))
class Tied(torch.nn.Module):
    def __init__(s):
        super().__init__(); s.shared=torch.nn.Embedding(3,2); s.encoder=torch.nn.Embedding(3,2); s.encoder.weight=s.shared.weight
save_model(Tied(),p('tied.safetensors'))
# Headers of safetensors, and whether the official library accepts them (data: zero bytes behind the header).
T='{"dtype":"U8","shape":[4],"data_offsets":[0,4]}'
cases={
'plain':('{"w":%s}'%T,4),
'null metadata':('{"__metadata__":null,"w":%s}'%T,4),
'empty metadata':('{"__metadata__":{},"w":%s}'%T,4),
'int meta value':('{"__metadata__":{"a":1},"w":%s}'%T,4),
'null meta value':('{"__metadata__":{"a":null},"w":%s}'%T,4),
'nested meta value':('{"__metadata__":{"a":{}},"w":%s}'%T,4),
'list meta':('{"__metadata__":[],"w":%s}'%T,4),
'meta dup':('{"__metadata__":{"a":"1","a":"2"},"w":%s}'%T,4),
'dup tensor':('{"w":%s,"w":%s}'%(T,T),4),
'unknown field':('{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"strides":[1]}}',4),
'dup field':('{"w":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}}',4),
'array entry':('{"w":["U8",[4],[0,4]]}',4),
'bom':('\ufeff{"w":%s}'%T,4),
'leading space':(' {"w":%s}'%T,4),
'trailing space':('{"w":%s}    '%T,4),
'trailing newline tab':('{"w":%s}\n\t\r'%T,4),
'trailing nul':('{"w":%s}\0\0'%T,4),
'empty {}':('{}',0),
'empty header':('',0),
'zero element':('{"w":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]}}',0),
'zero huge':('{"w":{"dtype":"F32","shape":[0,4294967297],"data_offsets":[0,0]}}',0),
'huge zero':('{"w":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807,0],"data_offsets":[0,0]}}',0),
'zero elem between':('{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"z":{"dtype":"U8","shape":[0],"data_offsets":[2,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}',4),
'zero elem displaced':('{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"z":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}',4),
'scalar':('{"w":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}',4),
'reverse order':('{"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}',4),
'overlap':('{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}',4),
'hole':('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}',4),
'unaligned':('{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"F32","shape":[1],"data_offsets":[3,7]}}',7),
'rest behind':('{"w":%s}'%T,5),
'short':('{"w":%s}'%T,3),
'float shape':('{"w":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}',4),
'neg shape':('{"w":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}',4),
'neg zero':('{"w":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}',0),
'exp shape':('{"w":{"dtype":"U8","shape":[4e0],"data_offsets":[0,4]}}',4),
'three offsets':('{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}}',4),
'lower dtype':('{"w":{"dtype":"u8","shape":[4],"data_offsets":[0,4]}}',4),
'empty name':('{"":%s}'%T,4),
'control name':('{"\\u001b[31mw\\n":%s}'%T,4),
'raw control name':('{"w\x1b":%s}'%T,4),
'lone surrogate':('{"w\\ud800":%s}'%T,4),
'rank 1000':('{"w":{"dtype":"U8","shape":[%s4],"data_offsets":[0,4]}}'%('1,'*999),4),
'comment':('{/* */"w":%s}'%T,4),
'trailing comma':('{"w":%s,}'%T,4),
'NaN':('{"w":NaN}',0),
'two docs':('{} {}',0),
'null entry':('{"w":null}',0),
'offsets reversed':('{"w":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}',4),
'begin at 1':('{"w":{"dtype":"U8","shape":[4],"data_offsets":[1,5]}}',5),
'depth 200':('{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":%s%s}}'%('['*100,']'*100),4),
}
for d,b in [('F4',1),('F6_E2M3',3),('F6_E3M2',3),('F8_E8M0',1),('F8_E4M3',1),('F8_E5M2',1),('F8_E4M3FNUZ',1),('F8_E5M2FNUZ',1),('C64',8),('C128',16),('U16',2),('U32',4),('U64',8),('I64',8),('F64',8),('BF16',2),('BOOL',1)]:
    n=2 if d=='F4' else 4 if d.startswith('F6_') else 1
    cases['dtype '+d]=('{"w":{"dtype":"%s","shape":[%d],"data_offsets":[0,%d]}}'%(d,n,b),b)
cases['F4 odd']=('{"w":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}',2)

from safetensors import deserialize
verdicts=[]
for name,(header,size) in cases.items():
    raw=header.encode('utf-8')
    try: deserialize(struct.pack('<Q',len(raw))+raw+bytes(size)); accepted=True
    except Exception: accepted=False
    verdicts.append(dict(case=name,header=header,data=size,accepted=accepted))
json.dump(verdicts,open(p('safetensors-headers.json'),'w'),indent=1)
