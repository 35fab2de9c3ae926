"""What is said to people.

`occasions` knows who hears of what, `telling` by which way, `people` how they want to be spoken to, `composing` finds
the words, `sending` hands them to a carrier, one of `channels`. `addresses` and `devices` know where nothing arrives
any more.
"""
