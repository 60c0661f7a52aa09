-- One row per name on stacks that belongs to Go's runtime: what it does, as far as its name tells.
--
-- Names as of Go 1.22 to 1.27, with those of size-specialised functions (SC12, Size32) and of closures in them. Some
-- that are written in assembly have no package.
--
-- key: label_id
CREATE VIEW gc._category (
  -- The name.
  label_id,
  -- As in `gc.cpu`; NULL for what is none of these.
  category,
  -- Of several on one stack the lowest counts: sweeping in an allocation is sweeping.
  rank
) AS
WITH named AS (
  SELECT
    label_id,
    -- Without package and what generics, closures and sizes add: mallocgcSmallNoScanSC12, gcStart.func2, (*mcache).refill.
    regexp_replace(
      regexp_replace(label, '^(_|runtime|internal/runtime/[\w/]+|runtime/internal/[\w/]+)\.', ''),
      '(\.abi0|\.func\d+(\.\d+)*|-fm|SC\d+|Size\d+)+$',
      ''
    ) AS name,
    regexp_extract(label, '^(?:internal/runtime/|runtime/internal/)(\w+)', 1) AS part
  FROM stack_label
  WHERE regexp_matches(label, '^(_|runtime|internal/runtime/[\w/]+|runtime/internal/[\w/]+)\.')
    OR label IN (
      'gcWriteBarrier', 'aeshashbody', 'memeqbody', 'cmpbody', 'indexbytebody', 'countbody', 'callRet',
      'gosave_systemstack_switch', 'setg_gcc', 'debugCall32', 'debugCall64'
    )
),
rules AS (
  FROM (VALUES
    (1, 'assist', 'gcAssistAlloc1?|deductAssistCredit|gcParkAssist|gcWakeAllAssists'),
    (2, 'mark', 'gcBgMark\w*|gcDrain\w*|gcMark\w*|gcStart|gcController\w*|\(\*gcControllerState\)\..*|markroot\w*'),
    (2, 'mark', 'scanblock|scanstack|scanframeworker|scanConservative|scan[oO]bject\w*|scanSpan\w*|scanObjects\w*'),
    (2, 'mark', 'spanSetScans|tryDeferToSpanScan|greyobject|findObject|gcmarknewobject|getempty|trygetfull'),
    (2, 'mark', 'handoff|putfull|putempty|\(\*gcWork\)\..*|\(\*gcBits\)\..*|typePointers\.\w+'),
    (2, 'mark', '\(\*typePointers\)\..*|gcFlushBgCredit|\(\*workType\)\..*|gcResetMarkState|gcPrepare\w*|_GC'),
    (2, 'mark', '\(\*lfstack\)\..*|\(\*spanInlineMarkBits\)\..*|\(\*spanScanOwnership\)\..*|spanQueue\w*'),
    (2, 'mark', '\(\*spanQueue\)\..*|\(\*localSpanQueue\)\..*|findGoroutineLeaks'),
    (3, 'sweep', 'sweepone|bgsweep|\(\*sweepLocked\)\..*|\(\*sweepLocker\)\..*|deductSweepCredit|finishsweep_m'),
    (3, 'sweep', 'gcSweep|clearpools|newMarkBits|newAllocBits|nextMarkBitArenaEpoch|\(\*activeSweep\)\..*'),
    (3, 'sweep', '\(\*mspan\)\.(sweep|reportZombies|countAlloc)|freeSpecial|\(\*mheap\)\.(reclaim|reclaimChunk)'),
    (4, 'stack growth', 'morestack\w*|newstack|copystack|adjust(frame|pointers?|defers|panics|ctxt|sudogs)'),
    (4, 'stack growth', 'stack(alloc|free|cache\w+|pool\w+|log2)|shrinkstack|syncadjustsudogs|fillstack'),
    (5, 'write barrier', 'gcWriteBarrier\d*|wbBufFlush1?|\(\*wbBuf\)\..*|bulkBarrier\w*|wbMove|wbZero|typedmem\w*'),
    (5, 'write barrier', 'typedslicecopy|memclrHasPointers|atomicwb|atomicstorep|reflect_typed\w*|heapBitsSetType'),
    (5, 'write barrier', 'cgoCheck\w*'),
    (6, 'scavenge', 'bgscavenge|\(\*scavengerState\)\..*|\(\*scavengeIndex\)\..*'),
    (6, 'scavenge', '\(\*pageAlloc\)\.(scavenge\w*|find)|sysUnused\w*|madvise|printScavTrace|sysHugePage\w*'),
    (6, 'scavenge', 'sysNoHugePage\w*'),
    (7, 'span', '\(\*mcache\)\.(refill|allocLarge|releaseAll|prepareForSweep)|\(\*mcentral\)\..*|\(\*mheap\)\..*'),
    (7, 'span', '\(\*pageAlloc\)\..*|\(\*pageCache\)\..*|\(\*pallocData\)\..*|\(\*pageBits\)\..*'),
    (7, 'span', '\(\*spanSet\)\..*|\(\*linearAlloc\)\..*|\(\*fixalloc\)\..*|sysAlloc\w*|sysMap\w*|sysReserve\w*'),
    (7, 'span', 'sysUsed\w*|sysFree\w*|mmap|\(\*mspan\)\.(init|initHeapBits)|persistentalloc1?'),
    (8, 'stop the world', 'stopTheWorld\w*|startTheWorld\w*|stwGC|preempt(all|one|M)|forEachP\w*|suspendG|resumeG'),
    (8, 'stop the world', 'stopTheWorldGC|semacquireWorld|procresize'),
    (9, 'allocation', 'mallocgc\w*|newobject|newarray|makeslice\w*|growslice\w*|moveSlice\w*|makechan\w*'),
    (9, 'allocation', 'makemap\w*|convT\w*|concat(string|byte)s?\d*|slicebytetostring\w*|stringtoslice\w+'),
    (9, 'allocation', 'slicerunetostring|intstring|raw(string|byteslice|runeslice)\w*|nextFreeFast'),
    (9, 'allocation', '\(\*mcache\)\.(nextFree|nextSample)|heapSetType\w*|memclrNoHeapPointersChunked'),
    (9, 'allocation', 'profilealloc|mProf_Malloc|publicationBarrier|freegc\w*'),
    (9, 'allocation', '\(\*mspan\)\.(nextFreeIndex|refillAllocCache|writeHeapBits\w*|heapBits\w*)|postMallocgc\w*'),
    (9, 'allocation', 'maps\.new\w+|reflect_unsafe_New\w*|clone|newAllocBits|\(\*bucket\)\..*|stkbucket'),
    (9, 'allocation', 'addspecial|setprofilebucket|allocCacheRefill'),
    (10, 'traceback', 'goroutineProfile\w*|traceback\w*|\(\*unwinder\)\..*|\(\*inlineUnwinder\)\..*|gentraceback'),
    (10, 'traceback', 'callers\w*|Callers\w*|fpTraceback\w*|tracebackPCs|pcvalue\w*|funcspdelta|findfunc'),
    (10, 'traceback', 'funcdata\w*|funcline1?|funcname\w*|stackmapdata|getStackMap|pcdatavalue\w*|step'),
    (10, 'traceback', 'readvarint\w*|expandFinalStack|\(\*Frames\)\..*|saveg|doRecordGoroutineProfile'),
    (10, 'traceback', 'tryRecordGoroutineProfile\w*'),
    (11, 'map', 'map(access|assign|delete|clear|iter|clone|len)\w*|hashGrow|growWork\w*|evacuate\w*'),
    (11, 'map', 'makeBucketArray|\(\*hmap\)\..*|\(\*bmap\)\..*|tooManyOverflowBuckets|bucket\w*'),
    (11, 'map', 'advanceEvacuationMark|mapKeyError\w*|tophash'),
    (12, 'memory', 'memmove|memclr\w*|duffzero|duffcopy|mem(equal|hash)\w*|memeqbody|cmpbody|cmpstring|aeshash\w*'),
    (12, 'memory', 'strhash\w*|f(32|64)hash|interhash|nilinterhash|typehash|efaceeq|ifaceeq|strequal|interequal'),
    (12, 'memory', 'nilinterequal|indexbytebody|countbody|decoderune|encoderune'),
    (13, 'lock', 'lock\w*|unlock\w*|mutexevent|\(\*mLockProfile\)\..*|sem(acquire|release|a)\w*'),
    (13, 'lock', '\(\*semaRoot\)\..*|\(\*mutex\w*\)\..*|procyield|osyield|chansend\w*|chanrecv\w*|selectgo|send'),
    (13, 'lock', 'recv|closechan|sellock|selunlock|acquireSudog|releaseSudog|notifyList\w*|rw?lock\w*'),
    (13, 'lock', '\(\*rwmutex\)\..*|sync_\w+|internal_sync_\w+|blockevent|saveblockevent'),
    (14, 'scheduler', 'schedule|find[rR]unnable\w*|park_m|gopark\w*|goready|ready\w*|wakep|startm|stopm|handoffp'),
    (14, 'scheduler', 'stealWork|runq\w*|globrunq\w*|newproc1?|goexit[01]|gdestroy|gosched_m|gopreempt_m'),
    (14, 'scheduler', 'goschedImpl|Gosched\w*|goyield\w*|mcall|mstart[01]?|sysmon|retake|netpoll\w*|futex\w*'),
    (14, 'scheduler', 'note\w+|usleep\w*|asyncPreempt\w*|casgstatus|casGTo\w*|execute|gogo|resetspinning'),
    (14, 'scheduler', 'injectglist|checkTimers\w*|runtimer|\(\*timers?\)\..*|timer\w*|checkRunqsNoP'),
    (14, 'scheduler', 'checkIdleGCNoP|checkdead|acquirep|releasep\w*|pidle\w*|mPark|mput|mget|malg|gfget|gfput'),
    (14, 'scheduler', 'gfpurge|dropg|startlockedm|stoplockedm|doSigPreempt|sighandler|sigtrampgo|sigtramp'),
    (14, 'scheduler', 'sigprof\w*|sigfwdgo|sigreturn\w*|signalM|tgkill|epoll\w*|kevent|nanotime\w*|cputicks'),
    (14, 'scheduler', 'walltime\w*|\(\*cpuProfile\)\..*|\(\*profBuf\)\..*|setThreadCPUProfiler|raise\w*|_System'),
    (14, 'scheduler', 'wirep|\(\*randomOrder\)\..*|mspinning|\(\*randomEnum\)\..*|\(\*schedt\)\..*|chooseTimer\w*'),
    (14, 'scheduler', 'time_?[sS]leep|goroutineReady|goexit\w*|ospreempt\w*|getMCache|traceLocker\w*'),
    (14, 'scheduler', '\(\*guintptr\)\..*|\(\*gQueue\)\..*|\(\*gList\)\..*|\(\*limiterEvent\)\..*'),
    (14, 'scheduler', '\(\*gcCPULimiterState\)\..*|\(\*sysMonWakeTime\)\..*'),
    (15, 'system call', '\w*syscall\w*|_?cgocall\w*|cgocallback\w*|asmcgocall\w*|exitsyscall\w*|vdso\w*|_VDSO')
  ) AS rules (rank, category, pattern)
),
known AS (
  SELECT named.label_id, rules.rank, rules.category
  FROM named
  JOIN rules ON regexp_full_match(named.name, rules.pattern)
  UNION ALL
  SELECT named.label_id, parts.rank, parts.category
  FROM named
  JOIN (VALUES ('gc', 2, 'mark'), ('maps', 11, 'map'), ('syscall', 15, 'system call')) AS parts (part, rank, category)
    USING (part)
)
SELECT named.label_id, arg_min(known.category, known.rank), MIN(known.rank)
FROM named
LEFT JOIN known USING (label_id)
GROUP BY named.label_id
