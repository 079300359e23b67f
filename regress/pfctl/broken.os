# each line has one mistake
S4:64:1:48:M*,N,N,S:Good:1::this one has none
S4:64:1:48:M*,N,N,S:Windows:98
S0:64:1:48:M*,N,N,S:A:1::no segment at all
%0:64:1:48:M*,N,N,S:A:1::a multiple of nothing
70000:64:1:48:M*,N,N,S:A:1::a window that is too large
S4:0:1:48:M*,N,N,S:A:1::no time to live
S4:256:1:48:M*,N,N,S:A:1::too long a time to live
S4:64:2:48:M*,N,N,S:A:1::a bit of two
S4:64:1:-48:M*,N,N,S:A:1::a negative size
S4:64:1:48:M*,N,N,X:A:1::an option that has no letter
S4:64:1:48:M*,N,N,S1:A:1::an option with a number that it does not take
S4:64:1:48:M%0,N,N,S:A:1::a multiple of nothing
S4:64:1:48:M*,N,W300:A:1::a scale that is too large
S4:64:1:48::A:1::no options, and no dot
S4:64:1:48:N,N,N,N,N,N,N,N,N,N,N,N,N,N,N,N,N:A:1::one option too many
S4:64:1:48:M*,N,N,S::1::no class
S4:64:1:48:M*,N,N,S:0123456789012345678901234567890x:1::a class that is too long
