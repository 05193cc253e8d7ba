/* The collector of the file store beside writers. docs/GC.md has the argument in words; tests/model/run.sh checks this file.
 *
 * One repository A (and B to mount from), a blob, a manifest that needs it, and a tag; with INDEX an index over the manifest. Two writers
 * of OPS requests each, one or two collectors of one run each, in as many processes as one likes: they share nothing but the files.
 * No fairness: a process may stop anywhere and for ever, and keeps its locks. Crash is kill -9: the kernel drops the locks.
 * `now` is the file system's clock. It moves in ticks, and any number of steps fall into one. With STEP it is once set back by
 * STEP, and with STAYS_BACK not while the collector deletes, and it does not move again.
 * `bm`, `lm`, `mm`, `rm`, `im`, `rim` are times of modification.
 * Each statement is one system call, or several that no other process can tell apart. `[FILE.rs:function]` names who makes them; a test
 * looks for the names. BROKEN_… leave out one rule each, and must be found out. */
#ifndef TMAX
#define TMAX 3
#endif
#ifndef GRACE
#define GRACE 0
#endif
#ifndef OPS
#define OPS 2
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

byte now=1;
/* Files */
bit bd, la, lb; byte bm, lm;          /* the blob's data, its link in A and in B */
bit md, rv;     byte mm, rm;          /* the manifest's data, its revision link */
byte tg;                              /* the tag: 0 none, 1 the manifest, 2 the index */
#ifdef INDEX
bit id, ri;     byte im, rim;
#endif
/* Acknowledged */
bit ackM, ackT, ackI;
/* Locks: the gate, the store, the repository's folder */
byte gs, ls; bit gx, lx, sr;
bit hgs[4], hls[4], hgx[4], hlx[4], hsr[4];
bit dead[4]; byte crashes;
bit deleted;                          /* only to ask what is reachable */

#ifdef INDEX
#define WHOLE (rv && md && bd && la)
#define LOST ((ackM && !WHOLE) || (ackI && !(ri && id)) || (ackT && !(WHOLE && (tg==1 || (tg==2 && ri && id)))))
#else
#define LOST ((ackM && !(rv && md && bd && la)) || (ackT && !(tg==1 && rv && md && bd && la)))
#endif
#ifdef REACH
#undef LOST
#if REACH==1
#define LOST (deleted && ackM)
#elif REACH==2
#define LOST (deleted && crashes>0 && ackT)
#elif REACH==3
#define LOST (ackM && md && bm==now && now==TMAX && ls==0 && lx)
#elif REACH==4
#define LOST (deleted && !la && !rv && !md && !ackM && lm==0 && now==TMAX)
#endif
#endif
active proctype Monitor() { LOST -> assert(false) }

active proctype Clock() {
  do
  :: d_step { now<TMAX -> now++ }
#ifdef STEP
#ifdef STAYS_BACK
  :: d_step { now>STEP && !lx -> now=now-STEP }; break
#else
  :: d_step { now>STEP -> now=now-STEP }; break
#endif
#endif
  od
#if defined(STEP) && !defined(STAYS_BACK)
  do :: d_step { now<TMAX -> now++ } od
#endif
}

/* ---------- locks ---------- */
#ifdef GATE
#define GATE_S(p) d_step { !gx -> gs++; hgs[p]=1 }
#define GATE_U(p) gs--; hgs[p]=0
#define GATE_X(p) d_step { !gx && gs==0 -> gx=1; hgx[p]=1 }
#else
#define GATE_S(p) skip
#define GATE_U(p) skip
#define GATE_X(p) skip
#endif
/* [gate.rs:share] */
inline share(p)     { GATE_S(p); d_step { !lx -> ls++; hls[p]=1; GATE_U(p) } }
inline unshare(p)   { d_step { if :: hls[p] -> ls--; hls[p]=0 :: else fi; if :: hsr[p] -> sr=0; hsr[p]=0 :: else fi } }
/* [gate.rs:serialize] */
inline serialize(p) { d_step { !sr -> sr=1; hsr[p]=1 } }
/* [gate.rs:exclude] */
inline exclude(p)   { GATE_X(p); d_step { !lx && ls==0 -> lx=1; hlx[p]=1 } }
inline include(p)   { d_step { lx=0; hlx[p]=0; if :: hgx[p] -> gx=0; hgx[p]=0 :: else fi; if :: hsr[p] -> sr=0; hsr[p]=0 :: else fi } }
inline release(p) {
  d_step {
    if :: hgs[p] -> gs--; hgs[p]=0 :: else fi; if :: hls[p] -> ls--; hls[p]=0 :: else fi;
    if :: hgx[p] -> gx=0; hgx[p]=0 :: else fi; if :: hlx[p] -> lx=0; hlx[p]=0 :: else fi;
    if :: hsr[p] -> sr=0; hsr[p]=0 :: else fi
  }
}
active proctype Crash() {
  do
  :: d_step { crashes<CRASHES && !dead[0] -> dead[0]=1; crashes++ }
  :: d_step { crashes<CRASHES && !dead[1] -> dead[1]=1; crashes++ }
  :: d_step { crashes<CRASHES && !dead[2] -> dead[2]=1; crashes++ }
#ifdef TWO_COLLECTORS
  :: d_step { crashes<CRASHES && !dead[3] -> dead[3]=1; crashes++ }
#endif
  od
}

/* ---------- writers ---------- */
/* The link is read, the data looked for and touched, then the link touched. [blobs.rs:use_blob] */
inline use_blob(w) {
#ifdef BROKEN_USE_NO_TOUCH
  d_step { ok=(ok && la && bd) };
#elif defined(BROKEN_USE_NO_DATA)
  d_step { ok=(ok && la); if :: bd -> bm=now :: else fi };
#else
  d_step { ok=(ok && la && bd) };
  if :: ok -> d_step { if :: bd -> bm=now :: else -> ok=0 fi } :: else fi;
  if :: ok -> d_step { if :: la -> lm=now :: else -> ok=0 fi } :: else fi;
#endif
}
/* t is the time of the last byte, which came before the lock was taken. [session.rs:commit] [blobs.rs:put_blob] */
inline upload(w) {
  t=now;
  share(w);
#ifdef BROKEN_RENAME_FIRST
  d_step { bd=1; bm=t };
  bm=now;
#elif defined(BROKEN_NO_RENEW)
  d_step { bd=1; bm=t };
#else
  t=now;                                /* [changes.rs:renew] */
  d_step { bd=1; bm=t };                /* [changes.rs:rename] [temporary.rs:place] */
#endif
  d_step { la=1; lm=now };              /* [mod.rs:write_link] */
  t=0; unshare(w)
}
/* [blobs.rs:mount] */
inline mount(w) {
  share(w);
  d_step { ok=(lb && bd) };
  if :: ok -> d_step { if :: bd -> bm=now :: else -> ok=0 fi } :: else fi;
  if :: ok -> d_step { la=1; lm=now } :: else fi;
  unshare(w)
}
/* A HEAD takes no lock, and promises nothing. [blobs.rs:keep_blob] */
inline head(w) {
  d_step { ok=(la && bd) };
  if :: ok -> d_step { if :: bd -> bm=now :: else fi } :: else fi
}
/* [push.rs:put_manifest] */
inline put(w,tag) {
  ok=1;
#ifdef BROKEN_LOOK_BEFORE_LOCK
  use_blob(w);
#endif
#ifndef BROKEN_PUT_NO_LOCK
  share(w);
#endif
#ifndef BROKEN_NO_TURN
  serialize(w);
#endif
#ifndef BROKEN_LOOK_BEFORE_LOCK
  use_blob(w);                          /* [push.rs:use_parts] */
#endif
  if
  :: ok ->
#ifdef BROKEN_RAW_NO_TOUCH
     if :: md :: else -> d_step { md=1; mm=now } fi;
#else
     d_step { md=1; mm=now };           /* a touch of what is there, or a new file: [manifests.rs:put_raw] */
#endif
     d_step { rv=1; rm=now };           /* [manifests.rs:link_manifest] */
     if :: tag -> tg=1 :: else fi;      /* [tags.rs:put_tag] */
     d_step { ackM=1; if :: tag -> ackT=1 :: else fi }
  :: else
  fi;
  unshare(w)
}
#ifdef INDEX
inline put_index(w) {
  share(w); serialize(w);
#ifdef BROKEN_CHILD_NO_TOUCH
  d_step { ok=(rv && md) };
#else
  d_step { ok=rv };                     /* [manifests.rs:use_manifest] */
  if :: ok -> d_step { if :: md -> mm=now :: else -> ok=0 fi } :: else fi;
  if :: ok -> d_step { if :: rv -> rm=now :: else -> ok=0 fi } :: else fi;
#endif
  if
  :: ok -> d_step { id=1; im=now }; d_step { ri=1; rim=now }; tg=2; d_step { ackI=1; ackT=1 }
  :: else
  fi;
  unshare(w)
}
#endif
/* The tags first, then the revision. [manifests.rs:delete_manifest] [tags.rs:delete_tags_of] */
inline delete_manifest(w) {
  serialize(w);
  d_step { ok=rv; if :: ok -> ackM=0; if :: tg==1 || tg==2 -> ackT=0 :: else fi :: else fi };
  if :: ok -> if :: tg==1 -> tg=0 :: else fi; rv=0 :: else fi;
  unshare(w)
}
/* [tags.rs:delete_tag] */
inline delete_tag(w) { serialize(w); d_step { tg=0; ackT=0 }; unshare(w) }
/* [blobs.rs:delete_blob] [manifests.rs:user_of] */
inline delete_blob(w) {
  share(w);
#ifndef BROKEN_NO_TURN
  serialize(w);
#endif
  d_step { ok=(la && bd) };
#ifndef BROKEN_DELETE_IN_USE
  if :: ok -> d_step { ok=!(rv && md) } :: else fi;
#endif
  if :: ok -> d_step { la=0; lm=0 } :: else fi;
  unshare(w)
}
proctype Writer(byte w) {
  byte n, t; bit ok;
  {
  do
  :: n<OPS -> n++;
     if
     :: head(w)
     :: upload(w)
#ifndef NO_MOUNT
     :: mount(w)
#endif
     :: put(w,0)
     :: put(w,1)
#ifdef INDEX
     :: put_index(w)
#endif
#ifndef NO_DELETE
     :: delete_manifest(w)
     :: delete_blob(w)
     :: delete_tag(w)
#endif
     fi;
     ok=0
  :: n==OPS -> break
  od
  } unless { dead[w] -> release(w); n=0; t=0; ok=0 }
}

/* ---------- collectors: [collect.rs:collect] ---------- */
/* [collect.rs:is_older] */
#ifdef BROKEN_SAME_TICK
#define OLDER(x) (x+GRACE<=begin)
#else
#define OLDER(x) (x+GRACE<begin && x<begin)
#endif
/* The clock is compared again under the lock. */
#ifdef BROKEN_CLOCK
#define BACK (false)
#else
#define BACK (now<begin)
#endif
/* [untagged.rs:untagged] [mark.rs:linked_manifests] */
inline look() {
#ifdef INDEX
  d_step { hm=rv; hi=ri };
  d_step { km=(tg==1 && rv); ki=(tg==2 && ri) };
  d_step { if :: hm -> km=(km || (rv && !OLDER(rm))) :: else fi };
  d_step { if :: hi -> ki=(ki || (ri && !OLDER(rim))) :: else fi };
  d_step { if :: hi && !kn -> kn=1; kc=(id && hm) :: else fi };     /* what it lists, among the manifests seen */
  d_step { if :: ki && hi && kn && kc -> km=1 :: else fi; dm=(hm && !km); di=(hi && !ki); hm=0; hi=0; km=0; ki=0 }
#else
  d_step { hm=rv };
  d_step { km=(tg==1 && rv) };
  d_step { if :: hm -> km=(km || (rv && !OLDER(rm))) :: else fi; dm=(hm && !km); hm=0; km=0 }
#endif
}
proctype Coll(byte c) {
  byte begin; bit r, cb, cm, LA, LB, hm, km, dm, gh;
#ifdef INDEX
  bit hi, ki, di, kn, kc, r2, ci;
#endif
  {
  /* [collect.rs:sweep] [collect.rs:clock] */
#ifdef BROKEN_BEGIN_NO_LOCK
  begin=now;
#else
  exclude(c); begin=now; include(c);
#endif
#ifdef UNTAGGED
  look();
#ifdef INDEX
#define DOOMED (dm || di)
#else
#define DOOMED (dm)
#endif
  if
  :: DOOMED ->
     exclude(c);                        /* [collect.rs:untagged_of] */
     if :: BACK -> include(c); goto end :: else fi;
     serialize(c);
#ifndef BROKEN_UNTAGGED_NO_LOOK
     look();
#endif
     if :: dm -> d_step { rv=0; ackM=0; dm=0 } :: else fi;     /* without a tag it was promised for no longer: [untagged.rs:forget] */
#ifdef INDEX
     if :: di -> d_step { ri=0; ackI=0; di=0 } :: else fi;
#endif
     include(c)
  :: else
  fi;
#ifdef INDEX
  kn=0; kc=0;
#endif
#endif
  /* [mark.rs:mark] */
#ifdef INDEX
  d_step { r=rv; r2=ri };
  d_step { cb=!(r && md); cm=!(r || (r2 && id)); ci=!r2; r=0; r2=0 };
#else
  r=rv;
  d_step { cb=!(r && md); cm=!r; r=0 };
#endif
  /* Candidates are chosen without the lock. [collect.rs:blobs] [collect.rs:is_garbage] */
  d_step { cb=(cb && bd && OLDER(bm)) };
  d_step { cm=(cm && md && OLDER(mm)) };
#ifdef INDEX
  d_step { ci=(ci && id && OLDER(im)) };
  if :: cb || cm || ci :: else -> goto ghosts fi;
#else
  if :: cb || cm :: else -> goto ghosts fi;
#endif
  LA=la; LB=lb;                         /* [collect.rs:links] */
#ifndef BROKEN_NO_LOCK
  exclude(c);                           /* [collect.rs:exclude] */
  if :: BACK -> include(c); goto end :: else fi;
#endif
  /* Each is looked at again; the links go, then the data. [collect.rs:blob] */
#ifdef BROKEN_NO_LOOK
#define STILL(d,x) (true)
#else
#define STILL(d,x) (d && OLDER(x))
#endif
  if
  :: cb && STILL(bd,bm) ->
#ifdef BROKEN_DATA_FIRST
     d_step { bd=0; bm=0; deleted=1 };
#endif
     if :: LA -> d_step { la=0; lm=0 } :: else fi;
     if :: LB -> lb=0 :: else fi;
#ifndef BROKEN_DATA_FIRST
     d_step { bd=0; bm=0; deleted=1 }
#endif
  :: else
  fi;
  if :: cm && STILL(md,mm) -> d_step { md=0; mm=0 } :: else fi;
#ifdef INDEX
  if :: ci && STILL(id,im) -> d_step { id=0; im=0 } :: else fi;
#endif
  include(c);
  /* A repository without a manifest, an upload and a young link goes as a whole. [ghosts.rs:ghosts] [ghosts.rs:state] */
ghosts: skip;
#ifdef INDEX
#define GHOST (!rv && !ri && la && OLDER(lm))
#else
#define GHOST (!rv && la && OLDER(lm))
#endif
  gh=GHOST;
  if
  :: gh ->
#ifndef BROKEN_GHOST_NO_LOCK
     exclude(c);
     if :: BACK -> include(c); goto end :: else fi;
     serialize(c);
#endif
#ifndef BROKEN_GHOST_NO_LOOK
     gh=GHOST;
#endif
     if :: gh -> d_step { la=0; lm=0; deleted=1 } :: else fi;     /* [ghosts.rs:remove_repository] */
#ifndef BROKEN_GHOST_NO_LOCK
     include(c)
#endif
  :: else
  fi;
end: skip;
  d_step { begin=0; cb=0; cm=0; LA=0; LB=0; gh=0 }
  } unless { dead[c] -> release(c); begin=0; cb=0; cm=0; LA=0; LB=0; gh=0 }
}

init {
  atomic {
    if                                   /* what is there already, all of it of time 0 */
    :: skip
    :: bd=1; lb=1
    :: bd=1; la=1; lb=1
    :: bd=1; la=1; md=1; rv=1; ackM=1
    :: bd=1; la=1; md=1; rv=1; tg=1; ackM=1; ackT=1
#ifdef INDEX
    :: bd=1; la=1; md=1; rv=1; id=1; ri=1; ackM=1; ackI=1
#endif
    fi;
    run Writer(0);
#ifndef ONE_WRITER
    run Writer(1);
#endif
    run Coll(2);
#ifdef TWO_COLLECTORS
    run Coll(3);
#endif
  }
}
