/* One upload that several requests and processes work on. docs/GC.md has the argument in words; tests/model/run.sh checks this file.
 *
 * SERVERS processes serve REQS requests, N at a time, each of which may append good or other bytes of the same length, finish with the
 * digest of the good ones, or cancel; an upload that has expired is cancelled by the collector in the same way. A request that stops was
 * killed. Each statement is one system call, or several that no other process can tell apart. `[FILE.rs:function]` names who makes them. */
#ifndef N
#define N 3
#endif
#ifndef SERVERS
#define SERVERS 2
#endif
#define GOOD 1
#define OTHER 2
byte data;                      /* which file is at …/data; 0 none */
byte next=1;                    /* files made so far */
byte content[6]; bit locked[6]; /* by file; 0 is empty */
bit started=1;                  /* startedat */
byte progress[2];               /* by process: the digest that it carries on in memory; 0 none */
byte blob;                      /* the content under the good digest; 0 none */
byte made;                      /* requests so far */
active proctype Monitor() { blob==OTHER -> assert(false) }

/* [session.rs:clear] [changes.rs:remove_all] */
inline clear(s) {
  progress[s]=0;
  d_step { ld=(data!=0); ls=started };
  if                            /* in the order of the file system's listing */
  :: true -> if :: ld -> data=0 :: else fi; if :: ls -> started=0 :: else fi
  :: true -> if :: ls -> started=0 :: else fi; if :: ld -> data=0 :: else fi
  fi
}
proctype Request(byte s) {
  byte g, got; bit ld, ls;
  do
  :: made<REQS -> made++;
     /* [session.rs:open_session] [files.rs:writable] */
open: g=data;
     if
     :: g==0 ->
#ifndef BROKEN_CREATE
        goto next1;
#endif
        if :: !started -> goto next1 :: started -> skip fi;
        if
        :: d_step { data==0 && next<5 -> next++; data=next-1; content[data]=0 }; goto open
        :: data!=0 -> goto next1
        :: next>=5 -> goto next1
        fi
     :: else
     fi;
     if :: d_step { !locked[g] -> locked[g]=1 } :: locked[g] -> goto next1 fi;
     if :: data==g :: data!=g -> locked[g]=0; goto next1 fi;                     /* [temporary.rs:is_at] */
     if
     :: d_step { content[g]==0 -> content[g]=GOOD; progress[s]=GOOD }            /* [session.rs:append] */
     :: d_step { content[g]==0 -> content[g]=OTHER; progress[s]=OTHER }
     :: clear(s)                                                                 /* [session.rs:cancel] */
     :: d_step { got=((content[g]!=0 && progress[s]!=0) -> progress[s] : content[g]); progress[s]=0 };   /* [session.rs:digest] */
        if
        :: got==GOOD ->                                                          /* [session.rs:commit] */
           if :: d_step { data!=0 -> blob=content[data]; data=0 } :: data==0 fi; /* by name: [changes.rs:rename] */
           got=0; clear(s)
        :: else -> got=0; clear(s)
        fi
     :: skip
     fi;
     locked[g]=0;
next1: skip;
     d_step { g=0; got=0; ld=0; ls=0 }
  :: made>=REQS -> break
  od
}
init {
  atomic {
#ifndef NO_DATA                 /* with it: an upload that distribution has begun */
    data=next; next++;
#endif
    run Request(0); run Request(SERVERS-1);
#if N>2
    run Request(SERVERS-1);
#endif
  }
}
